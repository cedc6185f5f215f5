import type { HostName } from '../../base/ids.ts';
import { formatLocal, instantOf, type LocalTime, localTimeAt, type TimeZone } from './local-time.ts';

/** A time of day; 24:00 is its end. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** When a freeze is in force, on the clocks of its time zone: once, or on days of every week. */
export type FreezeTime =
  | { readonly kind: 'once'; readonly from: LocalTime; readonly until: LocalTime }
  | {
      readonly kind: 'weekly';
      /** 0 = Sunday. */
      readonly days: readonly number[];
      readonly from: TimeOfDay;
      /** On the same day; at or before `from` = on the day after. */
      readonly until: TimeOfDay;
    };

/** A time in which nothing may be approved or applied on some hosts. */
export interface Freeze {
  readonly name: string;
  /** Undefined = all. */
  readonly hosts: ReadonlySet<HostName> | undefined;
  readonly zone: TimeZone;
  readonly time: FreezeTime;
}

/** A freeze that is in force, and its end. */
export interface FreezeInForce {
  readonly name: string;
  /** ms since the epoch; the first instant at which it is over. */
  readonly until: number;
  /** The end as people write it, in the zone of the freeze. */
  readonly untilText: string;
}

/** The freeze that keeps these hosts longest at an instant; undefined when none does. */
export function freezeInForce(
  freezes: readonly Freeze[],
  hosts: readonly HostName[],
  at: number,
): FreezeInForce | undefined {
  const inForce = freezes
    .filter((freeze) => hosts.some((host) => freeze.hosts?.has(host) ?? true))
    .flatMap((freeze): FreezeInForce[] => {
      const until = endOf(freeze, at);
      return until === undefined ? [] : [{ name: freeze.name, until, untilText: formatLocal(until, freeze.zone) }];
    });
  return inForce.sort((a, b) => b.until - a.until)[0];
}

/** When the window that contains `at` is over, the windows that follow without a gap counted in. */
function endOf({ time, zone }: Freeze, at: number): number | undefined {
  let end: number | undefined;
  for (const { from, until } of windowsAround(time, zone, at))
    if (end === undefined ? from <= at && at < until : from <= end && until > end) end = until;
  return end;
}

interface Window {
  readonly from: number;
  readonly until: number;
}

/** Windows in order of time, from the one that may have begun yesterday to those of the next week. */
function windowsAround(time: FreezeTime, zone: TimeZone, at: number): Window[] {
  if (time.kind === 'once')
    return [{ from: instantOf(time.from, zone, 'first'), until: instantOf(time.until, zone, 'last') }];
  const today = localTimeAt(at, zone);
  const windows: Window[] = [];
  for (let ahead = -1; ahead <= 8; ahead++) {
    if (!time.days.includes((today.weekday + ahead + 7) % 7)) continue;
    const overnight = minutesOf(time.until) <= minutesOf(time.from) ? 1 : 0;
    windows.push({
      from: instantOf(onDay(today, ahead, time.from), zone, 'first'),
      until: instantOf(onDay(today, ahead + overnight, time.until), zone, 'last'),
    });
  }
  return windows;
}

function minutesOf({ hour, minute }: TimeOfDay): number {
  return hour * 60 + minute;
}

function onDay({ year, month, day }: LocalTime, ahead: number, { hour, minute }: TimeOfDay): LocalTime {
  const date = new Date(Date.UTC(year, month - 1, day + ahead));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour, minute };
}
