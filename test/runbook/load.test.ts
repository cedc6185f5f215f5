import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { PROBES } from '../../src/probes/registry.ts';
import { REMEDIES } from '../../src/remedies/registry.ts';
import { RULES } from '../../src/rules/registry.ts';
import { createCatalogue } from '../../src/runbook/catalogue.ts';
import { checkRunbook, loadRunbooks } from '../../src/runbook/load.ts';

const SHIPPED = fileURLToPath(new URL('../../runbooks', import.meta.url));
const catalogue = createCatalogue({ probes: PROBES, rules: RULES, remedies: REMEDIES });

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-runbooks-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function runbookText(name: string): string {
  return `name: ${name}
title: Ports
description: Run it to see ports.
steps:
  - probe: sockets
  - probe: sysctl
  - probe: nginx-config
rules:
  - rule: ephemeral-ports
`;
}

function write(path: string, text: string): string {
  const file = join(dir, path);
  writeFileSync(file, text);
  return file;
}

function refusal(work: () => unknown): OperatorError {
  try {
    work();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the shipped runbooks', () => {
  const library = loadRunbooks([SHIPPED], catalogue);

  it('are sound', () => {
    expect(library.broken).toEqual([]);
    expect(library.runbooks.map(({ name }) => name)).toEqual([
      'nginx-keepalive',
      'service-port',
      'sysctl-audit',
      'tcp-health',
      'time-wait',
    ]);
  });

  it('ask, judge and offer only what exists, with the params they declare', () => {
    const { params, steps, rules, offers } = library.runbook('time-wait');
    expect(params.map(({ name }) => name)).toEqual(['interval', 'min_time_wait']);
    expect(steps.find(({ probe }) => probe.id === 'tcp-counters')?.interval).toEqual({
      kind: 'param',
      param: 'interval',
    });
    expect(steps.find(({ probe }) => probe.id === 'kernel')?.interval).toEqual({ kind: 'number', number: 10 });
    expect(rules.find(({ rule }) => rule.id === 'upstream-not-pooled')?.thresholds).toEqual({
      min_time_wait: { kind: 'param', param: 'min_time_wait' },
    });
    expect(offers.map(({ remedy }) => remedy.id)).toContain('reserve-service-ports');
  });
});

describe('loadRunbooks', () => {
  it('lets no broken file hide the others, and says what is wrong with it when it is asked for', () => {
    write('good.yaml', runbookText('good'));
    const bad = write('bad.yaml', 'name: bad\nstpes: []\n');
    write('notes.txt', 'not a runbook');
    const library = loadRunbooks([dir], catalogue);
    expect(library.runbooks.map(({ name }) => name)).toEqual(['good']);
    expect(library.broken.map(({ file }) => file)).toEqual([bad]);
    const error = refusal(() => library.runbook('bad'));
    expect(error.code).toBe('runbook/invalid');
    expect(error.located).toMatch(/bad\.yaml:1:1 runbook "bad" cannot run: "title" is missing/);
    expect(error.hint).toContain('countersign lint');
  });

  it('reports every problem of a broken file, in the order of its lines', () => {
    const problems = loadRunbooks([write('bad.yaml', 'name: Bad\nstpes: []\nrules: []\n')], catalogue).broken[0]
      ?.problems;
    const lines = problems?.map(({ location }) => location.line) ?? [];
    expect(lines.length).toBeGreaterThanOrEqual(4);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
    expect(problems).toContainEqual(
      expect.objectContaining({ message: 'unknown key "stpes"', hint: 'Did you mean steps?' }),
    );
  });

  it('answers an unknown name with near matches, else with all names', () => {
    write('good.yaml', runbookText('good'));
    const library = loadRunbooks([dir], catalogue);
    expect(refusal(() => library.runbook('god'))).toMatchObject({
      code: 'request/unknown-runbook',
      message: 'unknown runbook "god"',
      hint: 'Did you mean good?',
    });
    expect(refusal(() => library.runbook('zebra')).hint).toBe('There are good.');
    expect(refusal(() => loadRunbooks([], catalogue).runbook('x')).hint).toBe('There are no runbooks.');
  });

  it('gives a changed file another version, and an untouched one the same', () => {
    const versionOf = (text: string): string => {
      const result = checkRunbook('good.yaml', text, catalogue);
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      return result.runbook.version;
    };
    const text = runbookText('good');
    expect(versionOf(text)).toBe(versionOf(text));
    expect(versionOf(`${text}# A comment counts, too.\n`)).not.toBe(versionOf(text));
    expect(versionOf(text)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a second runbook of one name, and keeps the first', () => {
    mkdirSync(join(dir, 'a'));
    mkdirSync(join(dir, 'b'));
    const first = write('a/good.yaml', runbookText('good'));
    const second = write('b/good.yaml', runbookText('good'));
    const library = loadRunbooks([join(dir, 'a'), join(dir, 'b')], catalogue);
    expect(library.runbook('good').file).toBe(first);
    expect(library.broken).toMatchObject([
      { file: second, problems: [{ message: `there is another runbook "good": ${first}` }] },
    ]);
  });

  it('says which directory is missing', () => {
    const error = refusal(() => loadRunbooks([join(dir, 'gone')], catalogue));
    expect(error.code).toBe('config/unreadable');
    expect(error.message).toContain(join(dir, 'gone'));
  });

  it('reports a runbook that cannot be read as broken', () => {
    write('good.yaml', runbookText('good'));
    mkdirSync(join(dir, 'odd.yaml'));
    chmodSync(join(dir, 'odd.yaml'), 0o755);
    const library = loadRunbooks([dir], catalogue);
    expect(library.runbooks).toHaveLength(1);
    expect(library.broken[0]?.problems[0]?.message).toMatch(/^cannot be read: EISDIR/);
  });
});
