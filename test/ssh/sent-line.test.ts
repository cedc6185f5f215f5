import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote, readCommand, readQuoted } from '../../src/base/command.ts';
import { changeLine } from '../../src/ssh/change.ts';
import { frameLine } from '../../src/ssh/frame.ts';
import { killChangeLine, killFrameLine } from '../../src/ssh/kill-line.ts';
import { readSentLine } from '../../src/ssh/sent-line.ts';

const NONCE = 'abcdef0123456789';
/** What shells treat specially, with some that they do not. */
const argument = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', ' ', '\n', "'", '"', '\\', '!', '$', '=', 'é', ';'),
});
const argv = fc.tuple(fc.constantFrom('sh', '/bin/a b'), fc.array(argument, { maxLength: 4 }));

describe('readQuoted', () => {
  it('gives back the arguments of a line that the quoter wrote', () => {
    fc.assert(
      fc.property(fc.array(argument), (words) => {
        expect(readQuoted(words.map(quote).join(' '))).toEqual(words);
      }),
    );
  });

  it.each([' a', 'a  b', 'a ', '"a"', "'a", '$a', "''a", "'a'"])('does not read what it did not write: %j', (line) => {
    expect(readQuoted(line)).toBeUndefined();
  });
});

describe('readSentLine', () => {
  it('reads the steps of a frame as they were given', () => {
    const step = fc.record({ seconds: fc.integer({ min: 1, max: 90 }), argv });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 3 }), (steps) => {
        const sent = steps.map(({ seconds, argv: [name, rest] }) => ({
          timeoutSeconds: seconds,
          argv: [name, ...rest],
        }));
        const line = frameLine(
          steps.map(({ seconds, argv: [name, rest] }) => ({
            id: 'step',
            command: readCommand([name, ...rest]),
            timeoutMs: seconds * 1000,
          })),
          NONCE,
        );
        expect(readSentLine(line)).toEqual({ kind: 'frame', nonce: NONCE, steps: sent });
      }),
      { numRuns: 60 },
    );
  });

  it('reads a change as it was given', () => {
    fc.assert(
      fc.property(argv, ([name, rest]) => {
        const sent = { kind: 'change', nonce: NONCE, argv: [name, ...rest] };
        expect(readSentLine(changeLine(NONCE, [name, ...rest]))).toEqual(sent);
      }),
      { numRuns: 60 },
    );
  });

  it('reads the lines that end a frame or a change', () => {
    const end = { kind: 'end', nonce: NONCE };
    expect(readSentLine(killFrameLine(NONCE, 41))).toEqual(end);
    expect(readSentLine(killFrameLine(NONCE, undefined))).toEqual(end);
    expect(readSentLine(killChangeLine(NONCE))).toEqual(end);
  });

  it('does not read a line with anything more in it', () => {
    const line = frameLine([{ id: 'step', command: readCommand(['true']), timeoutMs: 1000 }], NONCE);
    expect(readSentLine(line)).toBeDefined();
    expect(readSentLine(`${line} true`)).toBeUndefined();
    expect(readSentLine(`${line}; true`)).toBeUndefined();
    expect(readSentLine(line.replace("'exit 0'", "'exit 1'"))).toBeUndefined();
    expect(readSentLine('uptime')).toBeUndefined();
  });
});
