import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Probe } from '../../src/probes/probe.ts';
import { probeById, type ProbeId } from '../../src/probes/registry.ts';

const NETWORK_PROBES: readonly ProbeId[] = [
  'kernel',
  'sockstat',
  'socket-summary',
  'sockets',
  'listeners',
  'tcp-counters',
  'sysctl',
  'sysctl-files',
  'network-namespace',
  'conntrack',
  'requests',
  'backend-idle',
  'upstream-peak',
  'peer-timestamps',
];

const probes: readonly Probe[] = NETWORK_PROBES.map(probeById);

function recorded(id: string): readonly string[] {
  const folder = fileURLToPath(new URL(`../fixtures/probes/${id}`, import.meta.url));
  return readdirSync(folder).map((name) => readFileSync(join(folder, name, 'stdout.txt'), 'utf8'));
}

/** Recorded output with a piece cut out, put in twice, or replaced by anything. */
function damaged(id: string): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(...recorded(id)),
      fc.nat(),
      fc.nat(60),
      fc.oneof(fc.string(), fc.constantFrom('', '\n', '9', '-', '\u0000', ' 99999999999999999999 ')),
    )
    .map(([text, at, length, piece]) => {
      const start = text.length === 0 ? 0 : at % text.length;
      return text.slice(0, start) + piece + text.slice(start + length);
    });
}

function numbersIn(value: unknown, derived: ReadonlySet<string>): number[] {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap((item) => numbersIn(item, derived));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, member]) => (derived.has(key) ? [] : numbersIn(member, derived)));
}

/** Members that are worked out from others; every other number has to stand in the output. */
const DERIVED = new Set(['intervalSeconds', 'perSecond', 'requestsPerSecond', 'acceptsPerSecond', 'seconds']);

describe.each(probes)('the parser of $id', ({ id, parse }) => {
  const answer = (stdout: string, changes = {}) =>
    parse({ stdout, stderr: '', exitCode: 0, droppedBytes: 0, ...changes });

  it('takes arbitrary text without throwing and makes no fact out of it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        expect(answer(text).ok).toBe(false);
      }),
    );
  });

  it('never makes up a number when output is damaged', () => {
    fc.assert(
      fc.property(damaged(id), (text) => {
        const parsed = answer(text);
        if (!parsed.ok) return;
        const written = new Set((text.match(/\d+/g) ?? []).map(Number));
        expect(numbersIn(parsed.fact, DERIVED).filter((number) => !written.has(number))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('takes no output that had its middle cut out', () => {
    for (const text of recorded(id)) expect(answer(text, { droppedBytes: 1 }).ok).toBe(false);
  });

  it('says which tool is missing', () => {
    expect(answer('', { exitCode: 127 })).toMatchObject({ ok: false, problem: 'tool_missing' });
  });

  it('says that sudo refused', () => {
    const refusal = { exitCode: 1, stderr: 'sudo: a password is required\n' };
    expect(answer('', refusal)).toMatchObject({ ok: false, problem: 'sudo_refused' });
  });
});

describe('the counters', () => {
  const answer = (stdout: string) =>
    probeById('tcp-counters').parse({ stdout, stderr: '', exitCode: 0, droppedBytes: 0 });

  it('have rates by the measured distance, not the wished one', () => {
    const parsed = answer('sample 10.00\nActiveOpens=0\nsample 30.00\nActiveOpens=50\nend\n');
    expect(parsed).toMatchObject({ fact: { intervalSeconds: 20, perSecond: { ActiveOpens: 2.5 } } });
  });

  it('are no fact when the clock did not advance', () => {
    expect(answer('sample 30.00\nTW=1\nsample 30.00\nTW=1\nend\n').ok).toBe(false);
  });

  it('are absent when they are too large to be exact', () => {
    const parsed = answer(
      'sample 1.00\nTW=1\nActiveOpens=18446744073709551615\nsample 2.00\nTW=1\nActiveOpens=18446744073709551615\nend\n',
    );
    expect(parsed).toMatchObject({ fact: { totals: { TW: 1 } } });
    expect(JSON.stringify(parsed)).not.toContain('ActiveOpens');
  });
});

it('requests never come out negative, and the probe’s own are not among them', () => {
  const sample = fc.tuple(fc.nat(), fc.nat(), fc.nat(500), fc.nat(500));
  fc.assert(
    fc.property(sample, sample, (first, second) => {
      const stdout = `countersign-requests 1\nstatus http://127.0.0.1:80/s\nsample 10.00 ${first.join(' ')}\nsample 15.00 ${second.join(' ')}\nend\n`;
      const parsed = probeById('requests').parse({ stdout, stderr: '', exitCode: 0, droppedBytes: 0 });
      expect(parsed.ok).toBe(second[0] >= first[0] && second[1] >= first[1]);
      if (!parsed.ok) return;
      expect(parsed.fact.requestsPerSecond).toBeCloseTo(Math.max(0, second[1] - first[1] - 1) / 5, 2);
      expect(parsed.fact.acceptsPerSecond).toBeCloseTo(Math.max(0, second[0] - first[0] - 1) / 5, 2);
    }),
  );
});

it('a kernel version is never read from part of a number', () => {
  const output = { stdout: 'release=4.19553.el8_10.x86_64\n', stderr: '', exitCode: 0, droppedBytes: 0 };
  expect(probeById('kernel').parse(output).ok).toBe(false);
});
