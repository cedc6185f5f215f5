import type { Clock } from '../base/clock.ts';
import type { Ids } from '../base/ids.ts';
import { plainText, shorten } from '../base/plain-text.ts';
import type { ReadOptions, ReadOutcome, ReadStep } from '../engine/transport.ts';
import type { Host } from '../inventory/host.ts';
import type { Connection } from './connection.ts';
import { type Failure, failure } from './failure.ts';
import { type Followed, follow, runBeside } from './follow.ts';
import { frameLine, timeoutSeconds } from './frame.ts';
import { createFrameParser, type FrameParser } from './frame-parser.ts';
import { KILL_AFTER_SECONDS, killFrameLine } from './kill-line.ts';
import type { Pool } from './pool.ts';

/** What a read adds to the steps' own limits: the shell's start and the network. */
const MARGIN_MS = 5000;

/** What reading needs from the transport. */
export interface ReadDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly pool: Pool;
}

/** Runs steps on a host in one exec; steps that ended are kept whatever happens afterwards. */
export async function readHost(
  deps: ReadDeps,
  host: Host,
  steps: readonly ReadStep[],
  { signal, onStepStarted }: ReadOptions,
): Promise<ReadOutcome> {
  const startedMs = deps.clock.monotonicMs();
  const took = () => Math.round(deps.clock.monotonicMs() - startedMs);
  if (steps.length === 0) return { kind: 'ok', steps: [], durationMs: 0 };
  const nonce = deps.ids.nonce();
  const lease = await deps.pool.exec({ host, line: frameLine(steps, nonce), signal });
  if ('kind' in lease) return { ...lease, steps: [], durationMs: took() };

  let complete = () => {};
  const finished = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const parser = createFrameParser({ nonce, steps, onStepStarted, onComplete: () => complete() });
  const { channel, connection } = lease;
  const followed = await follow({
    channel,
    clock: deps.clock,
    signal,
    deadlineMs: deadlineOf(steps),
    finished,
    onStdout: parser.stdout,
    onStderr: parser.stderr,
    force: () => runBeside(connection, killFrameLine(nonce, parser.shellPid())),
  });
  lease.release();
  parser.end();
  const ended = parser.steps();
  const problem = problemOf({ host, steps, parser, followed, connection });
  return { ...(problem ?? { kind: 'ok' }), steps: ended, durationMs: took() };
}

function deadlineOf(steps: readonly ReadStep[]): number {
  const limits = steps.map((step) => (timeoutSeconds(step.timeoutMs) + KILL_AFTER_SECONDS) * 1000);
  return limits.reduce((sum, ms) => sum + ms, MARGIN_MS);
}

interface Finished {
  readonly host: Host;
  readonly steps: readonly ReadStep[];
  readonly parser: FrameParser;
  readonly followed: Followed;
  readonly connection: Connection;
}

function problemOf({ host, steps, parser, followed, connection }: Finished): Failure | undefined {
  const done = `${parser.steps().length} of ${steps.length} steps had ended`;
  const left = followed.closed ? '' : '; the host did not confirm that the rest was ended, so look for it there';
  if (followed.ending === 'finished') return undefined;
  if (followed.ending === 'cancelled') return failure('cancelled', `Cancelled on ${host.name}: ${done}${left}.`);
  if (followed.ending === 'deadline') {
    return failure('timed_out', `${host.name} did not finish in time: ${done}${left}; check its load.`);
  }
  if (parser.complete()) return undefined;
  if (!connection.alive()) {
    const lost = connection.whyLost();
    return failure(lost.kind, `${lost.detail} ${done}.`);
  }
  return failure('unknown', endedEarly(host, parser, followed, done));
}

function endedEarly(host: Host, parser: FrameParser, { exitCode }: Followed, done: string): string {
  const said = shorten(plainText(parser.noise()).split('\n')[0] ?? '', 200);
  const words = said === '' ? 'and said nothing' : `and said "${said}"`;
  const status = exitCode === undefined ? 'was killed' : `ended with status ${exitCode}`;
  return parser.shellPid() === undefined
    ? `The login shell of ${host.user} on ${host.name} did not run the script: it ${status} ${words}; ` +
        'check the shell in /etc/passwd, its startup files, and ForceCommand in sshd_config.'
    : `The script on ${host.name} ${status} before its end ${words}: ${done}; check for an out-of-memory kill.`;
}
