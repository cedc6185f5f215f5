import { didYouMean } from '../base/near-match.ts';
import type { Freeze, FreezeTime, TimeOfDay } from '../engine/policy/freeze.ts';
import { createTimeZone, instantOf, type LocalTime, type TimeZone } from '../engine/policy/local-time.ts';
import { hostsOf, invalid, type PolicyReading } from './policy-reading.ts';
import { DAYS, type FreezeEntry } from './policy-schema.ts';

/** A freeze of the policy file, checked. Throws config/invalid. */
export function freezeOf(reading: PolicyReading, entry: FreezeEntry, index: number): Freeze {
  const at = ['freezes', index];
  const zone = zoneOf(reading, entry.time_zone, [...at, 'time_zone']);
  return {
    name: entry.name,
    hosts: hostsOf(reading, entry, at),
    zone,
    time: timeOf(reading, entry, zone, at),
  };
}

function zoneOf(reading: PolicyReading, zone: string, at: readonly PropertyKey[]): TimeZone {
  const known = Intl.supportedValuesOf('timeZone');
  if (known.includes(zone) || zone === 'UTC') return createTimeZone(zone);
  const near = didYouMean(zone, known);
  throw invalid(reading, at, `"${zone}" is not a time zone`, {
    hint: near ?? 'Write the name of an IANA time zone, for example Europe/Berlin or UTC.',
  });
}

function timeOf(reading: PolicyReading, entry: FreezeEntry, zone: TimeZone, at: readonly PropertyKey[]): FreezeTime {
  const { from, until, weekly } = entry;
  if (weekly && from === undefined && until === undefined) {
    return {
      kind: 'weekly',
      days: weekly.days.map((day) => DAYS.indexOf(day)),
      from: timeOfDay(weekly.from),
      until: timeOfDay(weekly.until),
    };
  }
  if (weekly || from === undefined || until === undefined)
    throw invalid(reading, at, 'a freeze has either "from:" and "until:", or "weekly:"', {
      hint: 'Write for example from: 2026-12-23T18:00 and until: 2027-01-02T08:00.',
    });
  const [begin, end] = [localTime(reading, from, [...at, 'from']), localTime(reading, until, [...at, 'until'])];
  if (instantOf(begin, zone, 'first') >= instantOf(end, zone, 'last'))
    throw invalid(reading, [...at, 'until'], 'the freeze ends before it begins', {
      hint: 'Put "until:" after "from:".',
    });
  return { kind: 'once', from: begin, until: end };
}

function timeOfDay(text: string): TimeOfDay {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return { hour, minute };
}

function localTime(reading: PolicyReading, text: string, at: readonly PropertyKey[]): LocalTime {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[-T :]/).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (exists && minute < 60) return { year, month, day, hour, minute };
  throw invalid(reading, at, `there is no ${text}`, { hint: 'Check the day and the time.' });
}
