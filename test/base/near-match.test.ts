import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, nearMatches } from '../../src/base/near-match.ts';

describe('nearMatches', () => {
  it.each([
    ['stpes', ['steps', 'rules', 'title'], ['steps']],
    ['wbe-1', ['web-1', 'web-2', 'plain-1'], ['web-1', 'web-2']],
    ['TIME-WAIT', ['time-wait'], ['time-wait']],
    ['time', ['time-wait', 'service-port'], ['time-wait']],
    ['us', ['eu'], []],
    ['x', ['db', 'web'], []],
    ['zebra', ['web-1'], []],
    ['', ['ab'], []],
  ])('for %j among %j are %j', (word, candidates, expected) => {
    expect(nearMatches(word, candidates)).toEqual(expected);
  });

  it('puts the nearest first and gives at most three', () => {
    expect(nearMatches('web-1', ['web-11', 'web-1', 'web-2', 'web-3', 'wxb-2'])).toEqual(['web-1', 'web-11', 'web-2']);
  });

  it('always finds a word of four letters or more with two neighbours swapped', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e'), minLength: 4, maxLength: 12 });
    fc.assert(
      fc.property(word, fc.nat(), (text, at) => {
        const i = at % (text.length - 1);
        const swapped = text.slice(0, i) + text.charAt(i + 1) + text.charAt(i) + text.slice(i + 2);
        expect(nearMatches(swapped, [text])).toEqual([text]);
      }),
    );
  });
});

describe('didYouMean', () => {
  it('asks, or stays silent', () => {
    expect(didYouMean('web-4', ['web-1', 'web-2'])).toBe('Did you mean web-1 or web-2?');
    expect(didYouMean('web-4', ['nothing-like-it'])).toBeUndefined();
  });
});
