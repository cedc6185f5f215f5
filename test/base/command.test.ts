import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeScript, quote, readCommand, readScript, shellLine } from '../../src/base/command.ts';

/** Any text that an argument can carry; lone surrogates have no UTF-8 form, so no argument has them. */
const argument = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((text) => Buffer.from(text).toString().replaceAll('\0', ''));
const nasty = fc.string({
  unit: fc.constantFrom(
    "'",
    '"',
    '\\',
    '$',
    '`',
    '!',
    '\n',
    '\r',
    '\t',
    ' ',
    ';',
    '&',
    '|',
    '(',
    '{',
    '*',
    '?',
    '~',
    '#',
    '=',
    '-',
    'a',
  ),
  maxLength: 30,
});

describe.each(['dash', 'bash', 'sh'])('quote, read by %s', (shell) => {
  const said = (line: string): Buffer => execFileSync(shell, ['-c', `printf %s ${line}`]);

  it('gives every argument back byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(argument, nasty), { minLength: 20, maxLength: 60 }), (words) => {
        // printf repeats its format: all words in one process, each ended by a line that no word is.
        const line = words.map((word) => `${quote(word)} '|end|'`).join(' ');
        const expected = words.map((word) => `${word}|end|`).join('');
        expect(said(line).equals(Buffer.from(expected))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    '',
    "'",
    "''",
    '$(id)',
    '`id`',
    '!!',
    '-n',
    '\\',
    "a'b",
    'a\nb',
    '~',
    '*',
    '=ls',
    'a=b',
    '{a,b}',
    '\u00e9\u4e16',
  ])('gives %j back', (word) => {
    expect(said(quote(word)).toString()).toBe(word);
  });

  it('does not let an argument with "=" become an assignment of the first word', () => {
    expect(() => execFileSync(shell, ['-c', quote('PATH=x')], { stdio: 'ignore' })).toThrow();
  });
});

describe('commands', () => {
  it('refuse NUL, which no argument can carry', () => {
    expect(() => quote('a\0b')).toThrow(TypeError);
    expect(() => readCommand(['cat', 'a\0'])).toThrow(TypeError);
    expect(() => readScript('cat "$1"', ['\0'])).toThrow(TypeError);
    expect(() => changeScript('cat "$1"', ['\0'])).toThrow(TypeError);
  });

  it('pass arguments beside the script, never inside it', () => {
    const evil = "'; echo hacked; '";
    const line = shellLine(readScript('printf %s "$1"', [evil]));
    expect(execFileSync('sh', ['-c', line]).toString()).toBe(evil);
  });

  it('leave plain words readable', () => {
    expect(shellLine(readCommand(['ss', '-tan', '/etc/nginx/nginx.conf', '127.0.0.1:80']))).toBe(
      'ss -tan /etc/nginx/nginx.conf 127.0.0.1:80',
    );
  });
});
