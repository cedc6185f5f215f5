import { describe, expect, test } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import { createTimeZone } from '../../../src/engine/policy/local-time.ts';
import { type Freeze, type FreezeTime, freezeInForce } from '../../../src/engine/policy/freeze.ts';

const HOST = asHostName('web-1');
const midnight = { hour: 0, minute: 0 };
const endOfDay = { hour: 24, minute: 0 };

function freezeOf(time: FreezeTime, changes: Partial<Freeze> = {}): Freeze {
  return { name: 'test', hosts: undefined, zone: createTimeZone('Europe/Berlin'), time, ...changes };
}

/** The instants, to five minutes, at which a freeze begins and ends within a span, as UTC. */
function changesBetween(freeze: Freeze, from: string, until: string): string[] {
  const changes: string[] = [];
  let before = false;
  for (let at = Date.parse(from); at < Date.parse(until); at += 300_000) {
    const now = freezeInForce([freeze], [HOST], at) !== undefined;
    if (now !== before) changes.push(`${now ? 'on' : 'off'} ${new Date(at).toISOString().slice(5, 16)}`);
    before = now;
  }
  return changes;
}

const local = (day: number, hour: number, minute = 0, month = 3) => ({ year: 2026, month, day, hour, minute });

describe('a freeze of one time', () => {
  // Europe/Berlin: 02:00 → 03:00 on 2026-03-29 at 01:00 UTC; 03:00 → 02:00 on 2026-10-25 at 01:00 UTC.
  test.each([
    ['begins in the hour that is skipped', local(29, 2, 30), local(29, 5), ['on 03-29T01:00', 'off 03-29T03:00']],
    ['ends in the hour that is skipped', local(28, 22), local(29, 2, 30), ['on 03-28T21:00', 'off 03-29T01:00']],
    ['spans the skipped hour', local(29, 1), local(29, 4), ['on 03-29T00:00', 'off 03-29T02:00']],
  ])('that %s lasts as clocks show it', (_what, from, until, expected) => {
    const freeze = freezeOf({ kind: 'once', from, until });
    expect(changesBetween(freeze, '2026-03-28T12:00Z', '2026-03-30T00:00Z')).toEqual(expected);
  });

  test('that names the hour which comes twice covers both', () => {
    const freeze = freezeOf({ kind: 'once', from: local(25, 2, 15, 10), until: local(25, 2, 45, 10) });
    expect(changesBetween(freeze, '2026-10-24T12:00Z', '2026-10-26T00:00Z')).toEqual([
      'on 10-25T00:15',
      'off 10-25T01:45',
    ]);
  });

  test.each([
    ['Asia/Kolkata', 'on 03-28T16:30', 'off 03-28T18:30'],
    ['America/New_York', 'on 03-29T02:00', 'off 03-29T04:00'],
    ['UTC', 'on 03-28T22:00', 'off 03-29T00:00'],
  ])('is meant on the clocks of %s', (zone, ...expected) => {
    const freeze = freezeOf(
      { kind: 'once', from: local(28, 22), until: local(28, 24) },
      { zone: createTimeZone(zone) },
    );
    expect(changesBetween(freeze, '2026-03-28T00:00Z', '2026-03-30T00:00Z')).toEqual(expected);
  });
});

describe('a freeze of every week', () => {
  test('lasts over midnight, and is reported with the end of all days that follow each other', () => {
    const weekend = freezeOf({ kind: 'weekly', days: [6, 0], from: midnight, until: endOfDay });
    expect(changesBetween(weekend, '2026-06-05T00:00Z', '2026-06-10T00:00Z')).toEqual([
      'on 06-05T22:00',
      'off 06-07T22:00',
    ]);
    expect(freezeInForce([weekend], [HOST], Date.parse('2026-06-06T10:00Z'))?.untilText).toBe(
      '2026-06-08 00:00 (Europe/Berlin)',
    );
  });

  test('that ends before it begins ends on the day after, also after the last night of the week', () => {
    const nights = freezeOf({
      kind: 'weekly',
      days: [6],
      from: { hour: 22, minute: 30 },
      until: { hour: 6, minute: 0 },
    });
    expect(changesBetween(nights, '2026-06-06T00:00Z', '2026-06-13T00:00Z')).toEqual([
      'on 06-06T20:30',
      'off 06-07T04:00',
    ]);
  });

  test('keeps to the clocks when they are put forward and back', () => {
    const sundays = freezeOf({
      kind: 'weekly',
      days: [0],
      from: { hour: 1, minute: 0 },
      until: { hour: 4, minute: 0 },
    });
    expect(changesBetween(sundays, '2026-03-28T00:00Z', '2026-03-30T00:00Z')).toEqual([
      'on 03-29T00:00',
      'off 03-29T02:00',
    ]);
    expect(changesBetween(sundays, '2026-10-24T00:00Z', '2026-10-26T00:00Z')).toEqual([
      'on 10-24T23:00',
      'off 10-25T03:00',
    ]);
  });

  test('that never stops still has an end to tell', () => {
    const always = freezeOf({ kind: 'weekly', days: [0, 1, 2, 3, 4, 5, 6], from: midnight, until: endOfDay });
    const at = Date.parse('2026-06-06T10:00Z');
    expect(freezeInForce([always], [HOST], at)?.until).toBeGreaterThan(at);
  });
});

describe('of several freezes', () => {
  const long = freezeOf({ kind: 'once', from: local(1, 0), until: local(20, 0) }, { name: 'long' });
  const short = freezeOf({ kind: 'once', from: local(1, 0), until: local(10, 0) }, { name: 'short' });
  const elsewhere = freezeOf(
    { kind: 'once', from: local(1, 0), until: local(30, 0) },
    {
      name: 'elsewhere',
      hosts: new Set([asHostName('db-1')]),
    },
  );

  test('the one that lasts longest on the hosts is told', () => {
    const at = Date.parse('2026-03-05T00:00Z');
    const told = (...hosts: string[]) => freezeInForce([short, long, elsewhere], hosts.map(asHostName), at)?.name;
    expect([told('web-1'), told('web-1', 'db-1')]).toEqual(['long', 'elsewhere']);
    expect(freezeInForce([elsewhere], [HOST], at)).toBeUndefined();
  });
});
