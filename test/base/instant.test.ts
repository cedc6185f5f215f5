import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { parseInstant } from '../../src/base/instant.ts';

const NOW = Date.parse('2026-11-23T03:12:00Z');

function instantOf(text: string, zoneOffsetMinutes = 0): string {
  return new Date(parseInstant(text, NOW, zoneOffsetMinutes)).toISOString();
}

describe('parseInstant', () => {
  it.each([
    ['2h', '2026-11-23T01:12:00.000Z'],
    ['1h30m', '2026-11-23T01:42:00.000Z'],
    ['30m ago', '2026-11-23T02:42:00.000Z'],
    ['30 m ago', '2026-11-23T02:42:00.000Z'],
    ['an hour ago', '2026-11-23T02:12:00.000Z'],
    ['now', '2026-11-23T03:12:00.000Z'],
    ['yesterday 14:00', '2026-11-22T14:00:00.000Z'],
    ['2026-11-22 10:30', '2026-11-22T10:30:00.000Z'],
    ['2026-11-22T10:30:00Z', '2026-11-22T10:30:00.000Z'],
    ['  2h  ', '2026-11-23T01:12:00.000Z'],
  ])('understands %j', (text, expected) => {
    expect(instantOf(text)).toBe(expected);
  });

  it.each([
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['yesterday', '2026-11-22T00:00:00.000Z'],
    ['today', '2026-11-23T00:00:00.000Z'],
    ['Nov 20', '2026-11-20T00:00:00.000Z'],
    ['last monday', '2026-11-16T00:00:00.000Z'],
  ])('takes %j as the beginning of that day', (text, expected) => {
    expect(instantOf(text)).toBe(expected);
  });

  it('reckons in the zone of the reader', () => {
    expect(instantOf('2026-11-22', 120)).toBe('2026-11-21T22:00:00.000Z');
    expect(instantOf('yesterday 14:00', -300)).toBe('2026-11-21T19:00:00.000Z'); // It is still the 22nd there.
    expect(instantOf('2026-11-22T10:30:00Z', 120)).toBe('2026-11-22T10:30:00.000Z');
    expect(instantOf('2h', 120)).toBe('2026-11-23T01:12:00.000Z');
  });

  it('reckons in the zone of the machine when none is given', () => {
    expect(parseInstant('2026-11-22', NOW)).toBe(new Date(2026, 10, 22).getTime());
    expect(parseInstant('2026-11-22 10:30', NOW)).toBe(new Date(2026, 10, 22, 10, 30).getTime());
  });

  it.each(['', 'soon', 'web-1 12', 'hello 14:00 you', '10-11 am', '99999999999999d', '2026-13-45'])(
    'refuses %j',
    (text) => {
      expect(() => instantOf(text)).toThrow(/is not a time/);
    },
  );

  it.each(['tomorrow', '2026-11-24', '14:00', 'in 2 hours'])('refuses %j, which lies in the future', (text) => {
    try {
      instantOf(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OperatorError);
      expect(error).toMatchObject({ code: 'request/invalid-time', message: `"${text}" lies in the future` });
      expect(error).toHaveProperty('hint', 'Write for example 2h, 30m ago, yesterday 14:00 or 2026-11-22.');
    }
  });
});
