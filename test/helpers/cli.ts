import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asAttemptId, asHostName, asPersonName, asProposalId, type RunId } from '../../src/base/ids.ts';
import { proposalDigest } from '../../src/engine/approval.ts';
import type { ChangePlan, HostFinding, Proposal } from '../../src/engine/model.ts';
import { openStore } from '../../src/store/store.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** What a command line did. */
export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command line is started. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Another build than the one of this tree. */
  readonly main?: string;
}

/** A command line that is running. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
}

/** Starts the built program; whoever starts it waits for its end. */
export function startCli(args: readonly string[], { env = {}, cwd, main = MAIN }: CliOptions = {}): RunningCli {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SUDO_USER: undefined, COUNTERSIGN_CONFIG: undefined, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...output }));
  });
  return { child, ended };
}

/** A directory with a configuration, an inventory and a database of its own. */
export interface CliScene extends Disposable {
  readonly dir: string;
  /** Runs a command line on this configuration to its end. */
  run(...args: string[]): Promise<CliResult>;
  /** The same as another Unix user, as whom root came by sudo. */
  runAs(user: string, ...args: string[]): Promise<CliResult>;
  start(...args: string[]): RunningCli;
  write(path: string, text: string): string;
}

/** Lines of YAML for what differs from the usual scene. */
export interface CliSceneInit {
  /** The inventory's hosts, one flow map a line. */
  readonly hosts?: readonly string[];
  /** More lines of the configuration. */
  readonly config?: readonly string[];
  readonly people?: readonly string[];
}

/** Sets a scene: the user of this process is `mia`, who may run and approve; `noor` (Unix user noor) may, too. */
export function setCliScene({ hosts = [], config = [], people = usualPeople() }: CliSceneInit = {}): CliScene {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
  const write = (path: string, text: string): string => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
    return join(dir, path);
  };
  write('hosts.yaml', `hosts:${hosts.length === 0 ? ' []' : ''}\n${hosts.map((host) => `  - ${host}\n`).join('')}`);
  const lines = ['inventory: hosts.yaml', 'people:', ...people.map((person) => `  - ${person}`), ...config, ''];
  const file = write('countersign.yaml', lines.join('\n'));
  const start = (env: CliOptions['env'], args: readonly string[]): RunningCli =>
    startCli(['--config', file, ...args], { env: env ?? {}, cwd: dir });
  return {
    dir,
    write,
    run: (...args) => start({}, args).ended,
    runAs: (user, ...args) => start({ SUDO_USER: user }, args).ended,
    start: (...args) => start({}, args),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function usualPeople(): string[] {
  return [
    `{ name: mia, unix: ${userInfo().username}, roles: [run, approve] }`,
    '{ name: noor, unix: noor, roles: [run, approve] }',
    '{ name: ida, unix: ida, roles: [approve] }',
  ];
}

/** What is put into a scene's database as a finished run. */
export interface SeededRun {
  readonly requester?: string;
  readonly findings?: readonly HostFinding[];
  /** Why the proposal's name has to be typed. */
  readonly typed?: readonly string[];
}

/** Puts a finished run with one proposal on the host `web-1` into a scene's database; the result is the proposal's id. */
export async function seedProposal(
  scene: CliScene,
  { requester = 'mia', findings = [], typed = [] }: SeededRun = {},
): Promise<string> {
  await using store = openStore(join(scene.dir, 'countersign.sqlite'));
  const host = asHostName('web-1');
  const now = Date.now();
  const runbookVersion = 'f'.repeat(64);
  const id: RunId = await store.runs.create({
    runbook: 'service-port',
    runbookVersion,
    params: {},
    selector: 'web-1',
    requester: asPersonName(requester),
    surface: 'cli',
    channel: null,
    createdAt: now - 2000,
    hosts: [host],
  });
  const lease = await store.leases.acquire(`run:${id}`, 'a-test', 60_000, now);
  if (!lease) throw new Error('the run is held by somebody else');
  const answer = { host, outcome: 'ok', detail: null, finishedAt: now, steps: [], facts: [], numbers: {} } as const;
  await store.runs.answered(id, answer, lease);
  const proposal = proposalOf({ runId: id, requester, runbookVersion, now, typed });
  const attempt = {
    id: asAttemptId(`${proposal.id}-web-1-0`),
    proposal: proposal.id,
    host,
    state: 'pending',
    detail: null,
    before: null,
    statements: [],
    updatedAt: now,
    appliedAt: null,
  } as const;
  await store.runs.conclude(
    id,
    { findings, notConcluded: [], proposals: [{ proposal, attempts: [attempt] }], at: now },
    lease,
  );
  await store.leases.release(lease);
  return proposal.id;
}

function proposalOf(seed: {
  readonly runId: RunId;
  readonly requester: string;
  readonly runbookVersion: string;
  readonly now: number;
  readonly typed: readonly string[];
}): Proposal {
  const { runId, requester, runbookVersion, now, typed } = seed;
  const id = asProposalId(`${runId}-1`);
  const key = 'net.ipv4.ip_local_reserved_ports';
  const host = asHostName('web-1');
  const plan: ChangePlan = {
    runbook: 'service-port',
    remedy: 'reserve-service-ports',
    title: 'reserve service ports',
    risk: 'low',
    hosts: [
      {
        host,
        actions: [{ kind: 'sysctl', key, before: '', after: '33333' }],
        basis: { reserved: '' },
        predicted: ['Outgoing connections skip port 33333 from now on.'],
        risks: [],
        proof: ['The setting is read again.'],
      },
    ],
    rollout: { batches: [[host]], confirmWithinSeconds: 120, unproven: 'keep', slowProof: false },
    typed,
    left: [],
  };
  return {
    id,
    runId,
    number: 1,
    plan,
    digest: proposalDigest(id, plan, runbookVersion),
    requester: asPersonName(requester),
    neededApprovals: 1,
    state: 'open',
    detail: null,
    createdAt: now,
    expiresAt: now + 3_600_000,
  };
}
