import type { ClientChannel } from 'ssh2';
import type { Clock } from '../base/clock.ts';
import type { Connection } from './connection.ts';

/** How following a command ended: by itself, with all that was to be heard from it, or because it was made to. */
type Ending = 'closed' | 'finished' | 'cancelled' | 'deadline';

/** What following a command needs. */
export interface FollowInit {
  readonly channel: ClientChannel;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** Resolves when nothing more is expected, for a command whose background processes may hold the channel open. */
  readonly finished?: Promise<void>;
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
  /** Ends what TERM did not end, in a way that does not need this channel. */
  readonly force: () => Promise<void>;
}

/** How a command ended, and whether the host said that it is gone. */
export interface Followed {
  readonly ending: Ending;
  /** undefined when the host did not say, or a signal ended it. */
  readonly exitCode: number | undefined;
  readonly closed: boolean;
}

/** How long TERM on the channel is given; sshd passes no signal on for root logins and before OpenSSH 7.9. */
const SIGNAL_GRACE_MS = 500;
/** How long the forced end is given: TERM, and KILL after 3 s. */
const FORCE_MS = 6000;

/** Follows a command until its channel closes; at an abort or the deadline it ends the command on the host first. */
export async function follow(init: FollowInit): Promise<Followed> {
  const { channel, clock } = init;
  let closed = false;
  let exitCode: number | undefined;
  let listening = true;
  const closing = new Promise<'closed'>((resolve) => {
    // With 'close' ssh2 tells the status again: a quick command's 'exit' can come in one packet with its start, unheard.
    channel.once('close', (code?: number | null) => {
      exitCode = code ?? undefined;
      closed = true;
      resolve('closed');
    });
  });
  channel.on('data', (chunk: Buffer) => listening && init.onStdout(chunk));
  channel.stderr.on('data', (chunk: Buffer) => listening && init.onStderr(chunk));

  const ending = await firstOf(closing, init);
  if (ending === 'finished') await within(closing, SIGNAL_GRACE_MS, clock);
  if (!closed) {
    // Not after channel.end(): ssh2 sends no signal on a channel whose writing side has ended.
    channel.signal('TERM');
    await within(closing, SIGNAL_GRACE_MS, clock);
    if (!closed) {
      void init.force();
      await within(closing, FORCE_MS, clock);
    }
    if (!closed) channel.close();
  }
  listening = false;
  return { ending, exitCode, closed };
}

/**
 * Runs a line on a connection beside the pool's places, for a host must be told to stop also when they are all taken.
 * What it prints is thrown away.
 */
export async function runBeside(connection: Connection, line: string): Promise<void> {
  const result = await connection.exec(line);
  if (result.kind !== 'started') return;
  result.channel.resume();
  result.channel.stderr.resume();
  await new Promise<void>((resolve) => {
    result.channel.once('close', () => resolve());
  });
}

async function firstOf(
  closing: Promise<'closed'>,
  { signal, deadlineMs, clock, finished }: FollowInit,
): Promise<Ending> {
  const settled = new AbortController();
  const deadline = clock.sleep(deadlineMs, settled.signal).then(
    () => 'deadline' as const,
    () => 'closed' as const,
  );
  const aborted = new Promise<'cancelled'>((resolve) => {
    if (signal.aborted) resolve('cancelled');
    signal.addEventListener('abort', () => resolve('cancelled'), { once: true, signal: settled.signal });
  });
  const done = finished?.then(() => 'finished' as const);
  const ending = await Promise.race([closing, aborted, deadline, ...(done ? [done] : [])]);
  settled.abort();
  return ending;
}

/** Waits for a promise, but not longer than `ms`. */
async function within(promise: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  const settled = new AbortController();
  await Promise.race([promise, clock.sleep(ms, settled.signal).catch(() => {})]);
  settled.abort();
}
