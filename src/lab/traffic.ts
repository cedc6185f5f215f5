import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';
import { identify, isAlive, type ProcessIdentity, signal, waitUntil } from './process.ts';
import type { LabState } from './state.ts';

/** The longest that a load runs, in seconds: nobody's machine is kept busy by a forgotten one. */
const MAX_LOAD_SECONDS = 1_800;
const MAX_RATE_PER_HOST = 2_000;
const START_TIMEOUT_MS = 15_000;
const END_TIMEOUT_MS = 15_000;
const PROGRESS_FILE = 'load-progress.json';

/** How much load to drive, and how the clients behave. */
export interface LoadRequest {
  /** Requests per second to each host. */
  readonly ratePerHost: number;
  /** Defaults to the longest allowed, 30 minutes. */
  readonly seconds?: number;
  /** Whether clients keep their connections or close after each request; they keep them by default. */
  readonly mode?: 'keep-alive' | 'close';
  /** All web hosts by default. */
  readonly hosts?: readonly string[];
}

/** What a load came to, or has come to until now; `failed` counts requests without a 2xx answer. */
export const LoadSummary = z.object({
  sent: z.int(),
  ok: z.int(),
  failed: z.int(),
  /** Failures by HTTP status or error code. */
  failures: z.record(z.string(), z.int()),
  /** Requests that a reused connection lost before any answer and that were sent once more (RFC 9112 9.3.1). */
  retried: z.int(),
  /** Since it began, to the millisecond: two summaries of one load give the rate between them. */
  seconds: z.number(),
  hosts: z.record(z.string(), z.object({ sent: z.int(), ok: z.int(), failed: z.int() })),
});
export type LoadSummary = z.infer<typeof LoadSummary>;

/** Starts the load program next to the lab's switch and answers its identity once it drives load. */
export async function startLoad(deps: {
  readonly clock: Clock;
  readonly directory: string;
  readonly state: LabState;
  readonly programs: string;
  readonly request: LoadRequest;
}): Promise<ProcessIdentity> {
  const { clock, directory, state, programs, request } = deps;
  const plan = {
    targets: state.hosts
      .filter(({ name, role }) => request.hosts?.includes(name) ?? role === 'web')
      .map(({ name, address }) => ({ name, address })),
    ratePerHost: bounded('ratePerHost', request.ratePerHost, MAX_RATE_PER_HOST),
    seconds: bounded('seconds', request.seconds ?? MAX_LOAD_SECONDS, MAX_LOAD_SECONDS),
    mode: request.mode ?? 'keep-alive',
    progressFile: join(directory, PROGRESS_FILE),
  };
  rmSync(plan.progressFile, { force: true });
  const output = openSync(join(directory, 'load.json'), 'w', 0o600);
  const logFile = join(directory, 'load.log');
  const errors = openSync(logFile, 'w', 0o600);
  const child = spawn(
    'ip',
    ['netns', 'exec', state.network.namespace, process.execPath, join(programs, 'load.js'), JSON.stringify(plan)],
    { detached: true, stdio: ['ignore', output, errors], cwd: '/' },
  );
  closeSync(output);
  closeSync(errors);
  child.on('error', () => {});
  child.unref();
  const started = child.pid === undefined ? undefined : identify(child.pid);
  const says = () => readFileSync(logFile, 'utf8');
  if (started !== undefined) {
    await waitUntil(clock, START_TIMEOUT_MS, () => /^started$/m.test(says()) || !isAlive(started));
    if (/^started$/m.test(says())) return started;
    signal(started, 'SIGKILL');
  }
  throw new OperatorError('lab/failed', { message: `The load could not be started. ${says().slice(-400)}`.trim() });
}

/** Ends the load, if it has not ended by itself, and answers what it came to. */
export async function endLoad(clock: Clock, directory: string, load: ProcessIdentity): Promise<LoadSummary> {
  signal(load, 'SIGTERM');
  if (!(await waitUntil(clock, END_TIMEOUT_MS, () => !isAlive(load)))) signal(load, 'SIGKILL');
  const printed = readFileSync(join(directory, 'load.json'), 'utf8');
  if (printed.trim() === '') {
    throw new OperatorError('lab/failed', {
      message: `The load ended without a summary; see ${join(directory, 'load.log')}.`,
    });
  }
  return LoadSummary.parse(JSON.parse(printed));
}

/** What a running load has come to, at most a second ago. Throws `lab/failed` when it has written nothing. */
export function readProgress(directory: string): LoadSummary {
  try {
    return LoadSummary.parse(JSON.parse(readFileSync(join(directory, PROGRESS_FILE), 'utf8')));
  } catch (cause) {
    throw new OperatorError('lab/failed', { message: 'The load tells nothing about its progress.', cause });
  }
}

function bounded(name: string, value: number, limit: number): number {
  if (value > 0 && value <= limit) return value;
  throw new OperatorError('request/invalid', {
    message: `${name} has to be above 0 and at most ${limit}; got ${value}.`,
  });
}
