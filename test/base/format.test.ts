import { describe, expect, it } from 'vitest';
import { count, formatNumber, list } from '../../src/base/format.ts';

describe('numbers and words', () => {
  it.each([
    [4035, '4,035'],
    [0.66, '0.7'],
    [12.5, '12.5'],
    [1234.56, '1,235'],
    [0, '0'],
    [-1500, '-1,500'],
  ])('%d is written %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('are counted and listed as people do', () => {
    expect([count(1, 'host'), count(3, 'host'), count(0, 'host'), count(2, 'match', 'matches')]).toEqual([
      '1 host',
      '3 hosts',
      '0 hosts',
      '2 matches',
    ]);
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });
});
