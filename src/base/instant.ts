import { type ParsedComponents, parse } from 'chrono-node';
import { parseDuration } from './duration.ts';
import { OperatorError } from './error.ts';

/**
 * The instant that somebody means by `2h`, `30m ago`, `yesterday 14:00` or `2026-11-22`, in ms since the epoch.
 * A day without a time means its beginning. `zoneOffsetMinutes` is the reader's zone, minutes east of UTC; without it the
 * machine's zone counts. Throws request/invalid-time.
 */
export function parseInstant(text: string, now: number, zoneOffsetMinutes?: number): number {
  const words = text.trim();
  const ago = parseDuration(words.replace(/\s+ago$/, '').replaceAll(' ', ''));
  const instant = ago === undefined ? instantOfWords(words, now, zoneOffsetMinutes) : now - ago;
  if (instant !== undefined && instant >= 0 && instant <= now) return instant;
  const future = instant !== undefined && instant > now;
  throw new OperatorError('request/invalid-time', {
    message: future ? `"${words}" lies in the future` : `"${words}" is not a time`,
    hint: 'Write for example 2h, 30m ago, yesterday 14:00 or 2026-11-22.',
  });
}

/** All of the words have to make up one point in time; a time hidden in other words is more likely a mistake. */
function instantOfWords(words: string, now: number, zoneOffsetMinutes: number | undefined): number | undefined {
  const reference =
    zoneOffsetMinutes === undefined ? new Date(now) : { instant: new Date(now), timezone: zoneOffsetMinutes };
  const [found, ...others] = parse(words, reference);
  if (!found || others.length > 0 || found.end || found.text.length !== words.length) return undefined;
  return isDayOnly(found.start, words) ? beginningOf(found.start, zoneOffsetMinutes) : found.start.date().getTime();
}

/* "yesterday" and "today" come with the present hour, other days with noon; neither is what was said. */
function isDayOnly(start: ParsedComponents, words: string): boolean {
  const named = start.isCertain('day') || start.isCertain('weekday') || /^(?:yesterday|today)$/i.test(words);
  return named && !start.isCertain('hour');
}

function beginningOf(start: ParsedComponents, zoneOffsetMinutes: number | undefined): number {
  const [year, month, day] = [start.get('year'), start.get('month'), start.get('day')].map(Number);
  if (year === undefined || month === undefined || day === undefined) return start.date().getTime();
  if (zoneOffsetMinutes === undefined) return new Date(year, month - 1, day).getTime();
  return Date.UTC(year, month - 1, day) - zoneOffsetMinutes * 60_000;
}
