import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePeerTimestamps } from '../../../src/probes/peer-timestamps/parse.ts';

function parse(stdout: string, exitCode = 0) {
  return parsePeerTimestamps({ stdout, stderr: '', exitCode, droppedBytes: 0 });
}

const HEAD = 'countersign-peer-timestamps 1';

describe('what peers send', () => {
  it('is read with IPv4, IPv6 and mapped addresses', () => {
    expect(parse(`${HEAD}\n12 0 10.0.0.5 8080\n1 2 fd00::5 5432\n0 3 127.0.0.1 8081\nend 5\nomitted 7\n`)).toEqual({
      ok: true,
      fact: {
        peers: [
          { address: '10.0.0.5', port: 8080, withTimestamps: 12, withoutTimestamps: 0 },
          { address: 'fd00::5', port: 5432, withTimestamps: 1, withoutTimestamps: 2 },
          { address: '127.0.0.1', port: 8081, withTimestamps: 0, withoutTimestamps: 3 },
        ],
        omittedDestinations: 7,
      },
    });
  });

  it.each([
    ['looks are missing', `${HEAD}\nend 3\nomitted 0\n`],
    ['the end is missing', `${HEAD}\n12 0 10.0.0.5 8080\n`],
    ['an address is none', `${HEAD}\n12 0 localhost.example 8080\nend 5\nomitted 0\n`],
    ['a port is none', `${HEAD}\n12 0 10.0.0.5 99999\nend 5\nomitted 0\n`],
    ['it is another program’s', 'hello\nend 5\nomitted 0\n'],
    ['it is empty', ''],
  ])('is not guessed when %s', (_name, stdout) => {
    expect(parse(stdout)).toMatchObject({ ok: false, problem: 'unreadable' });
  });

  it('needs ss', () => {
    expect(parse('', 127)).toMatchObject({ ok: false, problem: 'tool_missing' });
  });

  it('never throws on hostile output', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parse(`${HEAD}\n${text}\nend 5\nomitted 0`).ok === 'boolean'));
  });
});
