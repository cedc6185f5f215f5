import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ProbeOutput } from '../../src/probes/probe.ts';
import { isProbeId, PROBES, probeById } from '../../src/probes/registry.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/probes', import.meta.url));

/** Where an output comes from; exit status, stderr and dropped bytes stand here when they are not 0 and empty. */
interface Origin {
  readonly exitCode?: number;
  readonly stderr?: string;
  readonly droppedBytes?: number;
}

function cases(): { probe: string; name: string }[] {
  return readdirSync(FIXTURES).flatMap((probe) => readdirSync(join(FIXTURES, probe)).map((name) => ({ probe, name })));
}

function read(probe: string, name: string, file: string): string {
  return readFileSync(join(FIXTURES, probe, name, file), 'utf8');
}

function outputOf(probe: string, name: string): ProbeOutput {
  const origin: Origin = JSON.parse(read(probe, name, 'origin.json'));
  const stderrFile = join(FIXTURES, probe, name, 'stderr.txt');
  return {
    stdout: read(probe, name, 'stdout.txt'),
    stderr: existsSync(stderrFile) ? readFileSync(stderrFile, 'utf8') : (origin.stderr ?? ''),
    exitCode: origin.exitCode ?? 0,
    droppedBytes: origin.droppedBytes ?? 0,
  };
}

describe('recorded outputs', () => {
  it.each(cases())('of $probe are understood: $name', ({ probe, name }) => {
    if (!isProbeId(probe)) throw new Error(`test/fixtures/probes/${probe} belongs to no probe`);
    const parsed = probeById(probe).parse(outputOf(probe, name));
    const expected = JSON.parse(read(probe, name, 'expected.json'));
    // A file may hold the whole answer or only the fact; the excerpt repeats the output and is left out.
    if ('ok' in expected) expect(parsed).toMatchObject(expected);
    if (!('ok' in expected) || expected.ok) expect(parsed).toEqual({ ok: true, fact: expected.fact ?? expected });
  });

  it.each([...PROBES])('hold at least one fact of $id', ({ id, parse }) => {
    const names = cases().flatMap(({ probe, name }) => (probe === id ? [name] : []));
    expect(names.map((name) => parse(outputOf(id, name)).ok)).toContain(true);
  });
});
