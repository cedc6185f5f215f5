import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText, shorten } from '../../src/base/plain-text.ts';

const ACTING = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const hostile = fc.string({
  unit: fc.constantFrom(
    ...['\u001b', '[', ']', '0', '1', ';', 'm', 'H', 'P', '_', '\\', '\u0007', '\u009b', '\u009c', '\u009d', '\u0090'],
    ...['\r', '\n', '\t', '\0', '\b', '\u007f', '\u202e', '\u2066', '\u061c', '\u200b', '\ufeff', '\u00ad', '\u2028'],
    ...['\ud800', '\udc00', '\u{e0041}', '\u{1f600}', 'a', ' '],
  ),
  maxLength: 60,
});

describe('plainText', () => {
  it('leaves no escape, control, invisible or direction-changing character, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        expect(plainText(text)).not.toMatch(ACTING);
      }),
      { numRuns: 2000 },
    );
  });

  it('changes nothing that is plain already, so doing it twice is doing it once', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(plainText(plainText(text))).toBe(plainText(text));
      }),
    );
    const plain = 'Grüße, 世界 😀\t1,234\nsecond line';
    expect(plainText(plain)).toBe(plain);
  });

  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['8-bit CSI', '\u009b31mred', 'red'],
    ['cursor moves and clearing', 'a\u001b[2J\u001b[Hb', 'ab'],
    ['a window title', '\u001b]0;owned\u0007text', 'text'],
    ['a hyperlink', '\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['a device control string', '\u001bPq#0\u001b\\x', 'x'],
    ['a reset', '\u001bcx', 'x'],
    ['carriage returns of Windows', 'a\r\nb', 'a\nb'],
    ['overwriting by carriage return', 'rm -rf /\rls', 'rm -rf /ls'],
    ['text turned round', 'a\u202ecba', 'acba'],
  ])('takes out %s', (_what, text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it('does not let an unended sequence hide the text after it', () => {
    expect(plainText('\u001b]0;half a title\nimportant\u0007')).toBe('0;half a title\nimportant');
    expect(plainText('\u001b[important')).toBe('mportant');
    expect(plainText('\u001bPimportant')).toBe('important');
  });

  it('takes a megabyte of half sequences in one go', () => {
    for (const half of ['\u001b]0;', '\u001b[0;', '\u001bP', '\u009d', '\u001b ']) {
      expect(plainText(half.repeat(300_000))).not.toMatch(ACTING);
    }
  });
});

describe('shorten', () => {
  it('marks what it cuts and never cuts a character in half', () => {
    expect(shorten('abcdef', 6)).toBe('abcdef');
    expect(shorten('abcdef', 4)).toBe('abc…');
    expect(shorten('😀😀😀', 3)).toBe('😀…');
    expect(shorten('😀😀😀', 2)).toBe('…');
    expect(shorten('abc', 0)).toBe('…');
  });
});
