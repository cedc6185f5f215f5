import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROBES } from '../../src/probes/registry.ts';
import { REMEDIES } from '../../src/remedies/registry.ts';
import { RULES } from '../../src/rules/registry.ts';
import { createCatalogue } from '../../src/runbook/catalogue.ts';
import { runbookJsonSchema } from '../../src/runbook/json-schema.ts';

const RUNBOOKS = fileURLToPath(new URL('../../runbooks/', import.meta.url));
const catalogue = createCatalogue({ probes: PROBES, rules: RULES, remedies: REMEDIES });
const stored: unknown = JSON.parse(readFileSync(`${RUNBOOKS}schema.json`, 'utf8'));

/** The stored JSON Schema as a checker, so that it is the file that is tested and not the source it came from. */
const checker = z.fromJSONSchema(stored as Parameters<typeof z.fromJSONSchema>[0]);
const files = readdirSync(RUNBOOKS).filter((name) => name.endsWith('.yaml'));

describe('runbooks/schema.json', () => {
  it('is what the present probes, rules and remedies give', () => {
    expect(stored).toEqual(JSON.parse(JSON.stringify(runbookJsonSchema(catalogue))));
  });

  it.each(files)('accepts %s', (file) => {
    expect(checker.safeParse(parse(readFileSync(RUNBOOKS + file, 'utf8'))).error).toBeUndefined();
  });

  it.each(files)('names itself in the first line of %s, where editors look for it', (file) => {
    expect(readFileSync(RUNBOOKS + file, 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\/schema\.json\n/);
  });

  it.each([
    ['an unknown key', { stpes: [] }],
    ['an unknown probe', { steps: [{ probe: 'nope' }] }],
    ['an unknown rule', { rules: [{ rule: 'nope' }] }],
    ['an unknown remedy', { offers: [{ remedy: 'nope', for: ['ephemeral-ports'] }] }],
    ['no steps', { steps: [] }],
    ['a title of 81 letters', { title: 'x'.repeat(81) }],
  ])('refuses %s', (_what, difference) => {
    const sound: unknown = parse(readFileSync(`${RUNBOOKS}time-wait.yaml`, 'utf8'));
    expect(checker.safeParse(Object.assign({}, sound, difference)).success).toBe(false);
  });

  it('offers every name with its title, for completion', () => {
    const text = JSON.stringify(stored);
    for (const { id, title } of [...PROBES, ...RULES, ...REMEDIES]) {
      expect(text).toContain(`"const":"${id}"`);
      expect(text).toContain(JSON.stringify(title));
    }
  });
});
