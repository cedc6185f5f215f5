import { type ReadCommand, readScript } from '../../base/command.ts';
import { formatDuration } from '../../base/duration.ts';
import { check } from './check.ts';
import type { Check } from './model.ts';

/** From how much on times in logs and in the history can no longer be put side by side. */
const TOLERATED_MS = 5000;

/** Asks for the host's time in seconds since the Unix epoch; every date(1) that probes meet knows `%s`. */
export function clockCommand(): ReadCommand {
  return readScript('exec date +%s');
}

/** The host's time in milliseconds since the Unix epoch, to the second; undefined when it is not one. */
export function parseClock(text: string): number | undefined {
  const seconds = /^(\d{1,11})\n?$/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** How far the host's clock is from ours at least; it was read between these two of our instants. */
export function judgeClock(hostMs: number, asked: { readonly fromMs: number; readonly toMs: number }): Check {
  const behindMs = asked.fromMs - (hostMs + 1000);
  const aheadMs = hostMs - asked.toMs;
  const offMs = Math.max(behindMs, aheadMs);
  if (offMs < TOLERATED_MS) return check('clock', 'ok', "Its clock agrees with the bot's.");
  const way = behindMs > 0 ? 'behind' : 'ahead of';
  return check('clock', 'warning', `Its clock is ${way} the bot's.`, {
    detail: `${formatDuration(offMs)} at least`,
    todo: 'Have it keep time (chrony, systemd-timesyncd); until then times on it and in the history do not agree.',
  });
}
