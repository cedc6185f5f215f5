/** A date and a time of day on the clocks of some place. `hour` 24 is the end of the day. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const DAY_MS = 86_400_000;

/**
 * The instant at which clocks in an IANA time zone show a local time, in ms since the epoch. A time that clocks skip when
 * they are put forward is the instant at which they are; of a time that they show twice `which` says the one that is meant.
 */
export function instantOf(local: LocalTime, zone: string, which: 'first' | 'last'): number {
  const shown = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute);
  const [before, after] = [offsetMs(shown - DAY_MS, zone), offsetMs(shown + DAY_MS, zone)];
  const candidates = [shown - before, shown - after].filter((instant) => instant + offsetMs(instant, zone) === shown);
  if (candidates.length > 0) return which === 'first' ? Math.min(...candidates) : Math.max(...candidates);
  return changeOfOffset(shown - Math.max(before, after), shown - Math.min(before, after), zone);
}

/** What clocks in a time zone show at an instant, with the day of the week: 0 = Sunday. */
export function localTimeAt(instant: number, zone: string): LocalTime & { readonly weekday: number } {
  const shown = new Date(instant + offsetMs(instant, zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    weekday: shown.getUTCDay(),
  };
}

/** `2026-12-24 08:00 (Europe/Berlin)`. */
export function formatLocal(instant: number, zone: string): string {
  const shown = new Date(instant + offsetMs(instant, zone)).toISOString();
  return `${shown.slice(0, 10)} ${shown.slice(11, 16)} (${zone})`;
}

/** The first instant between two that has another offset than `from`; to the millisecond, by halving. */
function changeOfOffset(from: number, to: number, zone: string): number {
  const old = offsetMs(from, zone);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle, zone) === old) low = middle;
    else high = middle;
  }
  return high;
}

/** How far clocks in a zone are ahead of UTC at an instant. */
function offsetMs(instant: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? Number.NaN;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(instant / 1000) * 1000;
}
