import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';
import { type LabNetwork, setHostLink } from './network.ts';
import { SERVICES } from './nginx-config.ts';
import { identify, isAlive, type ProcessIdentity, waitUntil } from './process.ts';
import { type CommandOutput, commandFailed, type RunOptions, run } from './run.ts';
import type { HostState } from './state.ts';

const START_TIMEOUT_MS = 30_000;

/** What a start or stop of a service came to; `message` is what the service said when it could not. */
export type ServiceOutcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** How a service differs from what it is by itself; see service.ts. */
export interface ServiceSettings {
  /** How long it keeps an idle connection. */
  readonly idleMs?: number;
  /** It answers its requests together, once in so many milliseconds. */
  readonly batchMs?: number;
  /** Length of its accept queue, listen(2). */
  readonly backlog?: number;
  /** It listens and never accepts. */
  readonly stuck?: boolean;
}

/** A running lab host as faults and tests act on it: with root's rights inside its namespaces. */
export interface LabHost {
  readonly name: string;
  readonly role: HostState['role'];
  /** Runs a command as root inside the host. */
  exec(argv: readonly string[], options?: RunOptions): Promise<CommandOutput>;
  /** Like `exec`, but a non-zero exit throws `lab/failed`. */
  must(argv: readonly string[], options?: RunOptions): Promise<string>;
  service(port: number, action: 'start' | 'stop'): Promise<ServiceOutcome>;
  /** Gives a service these settings and no others, restarting it when they differ from what it has. */
  configureService(port: number, settings: ServiceSettings): Promise<void>;
  setLink(state: 'up' | 'down'): Promise<void>;
}

/** Starts a host's namespaces and what runs in them; `started` hears of the outer process before anything can fail. */
export async function startHost(deps: {
  readonly clock: Clock;
  readonly directory: string;
  readonly host: HostState;
  readonly started: (process: ProcessIdentity) => void;
}): Promise<void> {
  const { clock, directory, host, started } = deps;
  const ports = host.role === 'web' ? SERVICES.map(({ port }) => port).join(' ') : '';
  const logFile = join(directory, 'init.log');
  const log = openSync(logFile, 'w');
  const child = spawn(
    'ip',
    [
      ...['netns', 'exec', host.namespace],
      ...['unshare', '--mount', '--pid', '--fork', '--mount-proc', '--uts', '--kill-child'],
      ...['sh', join(directory, 'init.sh'), directory, host.name, process.execPath, ports],
    ],
    { detached: true, stdio: ['ignore', log, log], cwd: '/', env: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8' } },
  );
  closeSync(log);
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  child.unref();
  const process_ = child.pid === undefined ? undefined : identify(child.pid);
  if (process_ === undefined) return failed;
  started(process_);
  const saysReady = () => /^ready$/m.test(readFileSync(logFile, 'utf8'));
  await waitUntil(clock, START_TIMEOUT_MS, () => saysReady() || !isAlive(process_));
  if (saysReady()) return;
  throw new OperatorError('lab/failed', {
    message: `Host ${host.name} did not start: ${readFileSync(logFile, 'utf8').trim().slice(-600) || 'it said nothing'}`,
  });
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A started host, to act on. Throws `lab/not-running` when its process is gone. */
export function attachHost(network: LabNetwork, host: HostState): LabHost {
  const exec: LabHost['exec'] = (argv, options) =>
    run([...enter(host), ...argv], { env: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', HOME: '/root' }, ...options });
  return {
    name: host.name,
    role: host.role,
    exec,
    must: async (argv, options) => {
      const output = await exec(argv, options);
      if (output.code !== 0) throw commandFailed(argv, output);
      return output.stdout;
    },
    service: async (port, action) => {
      const { code, stderr } = await exec(['sh', '/run/lab/service.sh', action, String(port)]);
      return code === 0 ? { ok: true } : { ok: false, message: stderr.trim() || `exit status ${code}` };
    },
    configureService: async (port, settings) => {
      const argv = ['sh', '/run/lab/service.sh', 'configure', String(port), ...serviceArguments(settings)];
      const output = await exec(argv);
      if (output.code !== 0) throw commandFailed(argv, output);
    },
    setLink: (state) => setHostLink(network, host.name, state),
  };
}

function serviceArguments({ idleMs, batchMs, backlog, stuck }: ServiceSettings): string[] {
  return [
    ...(idleMs === undefined ? [] : [`--idle-ms=${idleMs}`]),
    ...(batchMs === undefined ? [] : [`--batch-ms=${batchMs}`]),
    ...(backlog === undefined ? [] : [`--backlog=${backlog}`]),
    ...(stuck ? ['--stuck'] : []),
  ];
}

/** The command that enters all namespaces of a host: its init is the one child of the recorded process. */
function enter({ name, process: outer }: HostState): string[] {
  if (outer === null || !isAlive(outer)) {
    throw new OperatorError('lab/not-running', { message: `Host ${name} of the lab does not run.` });
  }
  const namespaces = `/proc/${outer.pid}/ns`;
  return [
    ...['nsenter', `--mount=${namespaces}/mnt`, `--uts=${namespaces}/uts`, `--net=${namespaces}/net`],
    ...[`--pid=${namespaces}/pid_for_children`, '--'],
  ];
}
