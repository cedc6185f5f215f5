/** A date and a time of day on the clocks of some place. `hour` 24 is the end of the day. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** An IANA time zone: `Europe/Berlin`. */
export interface TimeZone {
  readonly name: string;
  /** How far clocks are ahead of UTC at an instant, in milliseconds. */
  offsetMs(instant: number): number;
}

const DAY_MS = 86_400_000;

/**
 * The instant at which clocks in a time zone show a local time, in ms since the epoch. A time that clocks skip when
 * they are put forward is the instant at which they are; of a time that they show twice `which` says the one that is meant.
 */
export function instantOf(local: LocalTime, zone: TimeZone, which: 'first' | 'last'): number {
  const shown = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute);
  const [before, after] = [zone.offsetMs(shown - DAY_MS), zone.offsetMs(shown + DAY_MS)];
  const candidates = [shown - before, shown - after].filter((instant) => instant + zone.offsetMs(instant) === shown);
  if (candidates.length > 0) return which === 'first' ? Math.min(...candidates) : Math.max(...candidates);
  return changeOfOffset(shown - Math.max(before, after), shown - Math.min(before, after), zone);
}

/** What clocks in a time zone show at an instant, with the day of the week: 0 = Sunday. */
export function localTimeAt(instant: number, zone: TimeZone): LocalTime & { readonly weekday: number } {
  const shown = new Date(instant + zone.offsetMs(instant));
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
export function formatLocal(instant: number, zone: TimeZone): string {
  const shown = new Date(instant + zone.offsetMs(instant)).toISOString();
  return `${shown.slice(0, 10)} ${shown.slice(11, 16)} (${zone.name})`;
}

/** The first instant between two that has another offset than `from`; to the millisecond, by halving. */
function changeOfOffset(from: number, to: number, zone: TimeZone): number {
  const old = zone.offsetMs(from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offsetMs(middle) === old) low = middle;
    else high = middle;
  }
  return high;
}

/** A time zone by its IANA name. Throws RangeError when there is none of this name. */
export function createTimeZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return {
    name,
    offsetMs: (instant) => {
      const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
      const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? Number.NaN;
      const day = [part('year'), part('month') - 1, part('day')] as const;
      return Date.UTC(...day, part('hour'), part('minute'), part('second')) - Math.floor(instant / 1000) * 1000;
    },
  };
}
