import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '10',
    's',
    '-5s',
    '1.5h',
    '5 m',
    '5S',
    '10s ',
    '5w',
    '1h-',
    'Infinitys',
    `${'9'.repeat(400)}d`,
    '9007199254740993ms',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('never gives anything but a whole number of milliseconds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('0', '9', 'm', 's', 'h', 'd', ' ', '-', '.') }), (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [-5, '0.0 s'],
    [0, '0.0 s'],
    [420, '0.4 s'],
    [1000, '1 s'],
    [11_400, '11 s'],
    [59_600, '1 min'],
    [125_000, '2 min 5 s'],
    [3_599_700, '1 h'],
    [5_400_000, '1 h 30 min'],
  ])('says %d ms as people do', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
