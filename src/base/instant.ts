import { parseDate } from 'chrono-node';
import { OperatorError } from './error.ts';
import { parseDuration } from './duration.ts';

/**
 * The instant that somebody means by `2h`, `30m ago`, `yesterday 14:00` or `2026-11-22`, in ms since the epoch.
 * `zoneOffsetMinutes` is the reader's zone, minutes east of UTC; without it the machine's zone counts.
 * Throws request/invalid-time.
 */
export function parseInstant(text: string, now: number, zoneOffsetMinutes?: number): number {
  const words = text.trim();
  const ago = parseDuration(words.replace(/\s+ago$/, '').replaceAll(' ', ''));
  if (ago !== undefined) return now - ago;
  const reference = zoneOffsetMinutes === undefined ? new Date(now) : { instant: new Date(now), timezone: zoneOffsetMinutes };
  const date = parseDate(words, reference);
  if (date && date.getTime() <= now) return date.getTime();
  throw new OperatorError('request/invalid-time', {
    message: date ? `"${words}" lies in the future` : `"${words}" is not a time`,
    hint: 'Write for example 2h, 30m ago, yesterday 14:00 or 2026-11-22.',
  });
}
