import { type ChildProcess, spawn } from 'node:child_process';
import { systemClock } from '../../src/base/clock.ts';
import type { ChangeCommand } from '../../src/base/command.ts';
import { type HostName, systemIds } from '../../src/base/ids.ts';
import type { ApprovalGrant } from '../../src/engine/grant.ts';
import type {
  ChangeOutcome,
  HostFailure,
  ReadOptions,
  ReadOutcome,
  ReadStep,
  StepOutput,
  Transport,
} from '../../src/engine/transport.ts';
import type { Host } from '../../src/inventory/host.ts';
import { createCapture } from '../../src/ssh/capture.ts';
import { frameLine } from '../../src/ssh/frame.ts';
import { createFrameParser } from '../../src/ssh/frame-parser.ts';
import { hostLine, scriptWord } from '../../src/ssh/host-line.ts';
import { shownGreeting } from './greeting.ts';

/** A transport for which every host is this machine: commands run as child processes, within the same bounds. */
export function createLocalTransport(): Transport {
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  const tracked = <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    return work.finally(() => running.delete(work));
  };
  return {
    greet: async (host, { signal }) =>
      shownGreeting(
        signal.aborted || stopping.signal.aborted
          ? { kind: 'cancelled', detail: `${host.name}: cancelled.` }
          : undefined,
      ),
    read: (_host, steps, options) => tracked(readLocally(steps, options, stopping.signal)),
    async change(host, command, grant, { signal, timeoutMs }) {
      mustCover(grant, host);
      return tracked(changeLocally(command, AbortSignal.any([signal, stopping.signal]), timeoutMs));
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.allSettled(running);
    },
  };
}

async function readLocally(steps: readonly ReadStep[], options: ReadOptions, stop: AbortSignal): Promise<ReadOutcome> {
  const signal = AbortSignal.any([options.signal, stop]);
  const startedMs = systemClock.monotonicMs();
  const took = () => Math.round(systemClock.monotonicMs() - startedMs);
  if (signal.aborted) return { kind: 'cancelled', detail: 'Cancelled before it began.', steps: [], durationMs: 0 };
  const nonce = systemIds.nonce();
  const parser = createFrameParser({ nonce, steps, onStepStarted: options.onStepStarted });
  const child = spawn('sh', ['-c', frameLine(steps, nonce)], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', parser.stdout);
  child.stderr.on('data', parser.stderr);
  await ended(child, signal);
  parser.end();
  const outcome = { steps: parser.steps(), durationMs: took() };
  if (signal.aborted) return { kind: 'cancelled', detail: 'Cancelled while it ran.', ...outcome };
  if (!parser.complete()) return { kind: 'unknown', detail: `The script ended early: ${parser.noise()}`, ...outcome };
  return { kind: 'ok', ...outcome };
}

async function changeLocally(command: ChangeCommand, signal: AbortSignal, timeoutMs: number): Promise<ChangeOutcome> {
  if (signal.aborted) return { kind: 'cancelled', detail: 'Cancelled before it began.' };
  const line = hostLine([`exec ${command.argv.map(scriptWord).join(' ')}`]);
  const child = spawn('sh', ['-c', line], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = createCapture();
  const stderr = createCapture();
  child.stdout.on('data', stdout.append);
  child.stderr.on('data', stderr.append);
  const deadline = AbortSignal.timeout(timeoutMs);
  const exitCode = await ended(child, AbortSignal.any([signal, deadline]));
  if (signal.aborted) return { kind: 'cancelled', detail: 'Cancelled while it ran.' };
  if (deadline.aborted) return { kind: 'timed_out', detail: 'It took too long.' };
  if (exitCode === null) return { kind: 'unknown', detail: 'A signal ended it.' };
  return { kind: 'ok', exitCode, stdout: stdout.finish().text, stderr: stderr.finish().text };
}

function ended(child: ChildProcess, signal: AbortSignal): Promise<number | null> {
  const terminate = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  if (signal.aborted) terminate();
  signal.addEventListener('abort', terminate, { once: true });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      signal.removeEventListener('abort', terminate);
      resolve(code);
    });
  });
}

function mustCover(grant: ApprovalGrant, host: Host, now: number = systemClock.now()): void {
  if (!grant.hosts.has(host.name)) throw new Error(`the grant does not cover ${host.name}`);
  if (grant.expiresAt <= now) throw new Error('the grant has expired');
}

/** What a host of the canned transport answers. */
export interface CannedHost {
  /** By step id; steps that are not named succeed with no output. */
  readonly steps?: Readonly<Record<string, Partial<Omit<StepOutput, 'id'>>>>;
  /** Reads and changes end with this; reads keep the steps named in `steps`. */
  readonly failure?: HostFailure;
  readonly change?: { readonly exitCode?: number; readonly stdout?: string; readonly stderr?: string };
}

/** A command that reached the canned transport. */
interface CannedCall {
  readonly host: HostName;
  readonly kind: 'greet' | 'read' | 'change';
  /** Step ids of a read, argv of a change; nothing for a greeting. */
  readonly what: readonly string[];
}

/** A transport that runs nothing: answers by host name, and a list of what was asked. */
export interface CannedTransport extends Transport {
  readonly calls: readonly CannedCall[];
  /** Replaces a host's answers from now on. */
  answer(host: string, canned: CannedHost): void;
}

/** A transport with canned answers; a host without any is unreachable. */
export function createCannedTransport(
  answers: Readonly<Record<string, CannedHost>>,
  now: () => number = systemClock.now,
): CannedTransport {
  const hosts = new Map(Object.entries(answers));
  const calls: CannedCall[] = [];
  const failed = (kind: HostFailure, host: Host) => ({ kind, detail: `${host.name}: canned ${kind}.` });
  return {
    calls,
    answer: (host, canned) => void hosts.set(host, canned),
    async greet(host, { signal }) {
      calls.push({ host: host.name, kind: 'greet', what: [] });
      const kind = signal.aborted ? 'cancelled' : (hosts.get(host.name) ?? { failure: 'unreachable' }).failure;
      return shownGreeting(kind && failed(kind, host));
    },
    async read(host, steps, { signal, onStepStarted }) {
      calls.push({ host: host.name, kind: 'read', what: steps.map((step) => step.id) });
      const canned = hosts.get(host.name) ?? { failure: 'unreachable' };
      const told = (id: string) => canned.steps !== undefined && Object.hasOwn(canned.steps, id);
      if (signal.aborted) return { ...failed('cancelled', host), steps: [], durationMs: 0 };
      const reached = canned.failure === undefined ? steps : steps.filter((step) => told(step.id));
      const outputs = reached.map((step) => {
        onStepStarted?.(step.id);
        return cannedOutput(step.id, canned.steps?.[step.id]);
      });
      if (canned.failure !== undefined) return { ...failed(canned.failure, host), steps: outputs, durationMs: 1 };
      return { kind: 'ok', steps: outputs, durationMs: 1 };
    },
    async change(host, command, grant, { signal }) {
      mustCover(grant, host, now());
      calls.push({ host: host.name, kind: 'change', what: command.argv });
      const canned = hosts.get(host.name) ?? { failure: 'unreachable' };
      if (signal.aborted) return failed('cancelled', host);
      if (canned.failure !== undefined) return failed(canned.failure, host);
      return { kind: 'ok', exitCode: 0, stdout: '', stderr: '', ...canned.change };
    },
    async [Symbol.asyncDispose]() {},
  };
}

function cannedOutput(id: string, output: Partial<Omit<StepOutput, 'id'>> | undefined): StepOutput {
  return { id, exitCode: 0, durationMs: 1, stdout: '', stderr: '', droppedBytes: 0, ...output };
}
