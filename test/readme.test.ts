import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../src/compose.ts';
import { asHostName } from '../src/base/ids.ts';
import { loadConfig } from '../src/config/load.ts';
import { parsePolicy } from '../src/config/policy.ts';
import { createInventory } from '../src/inventory/inventory.ts';
import { parseInventory } from '../src/inventory/load.ts';
import { checkRunbook, loadRunbooks } from '../src/runbook/load.ts';
import { testPerson } from './helpers/change.ts';
import { testHost } from './helpers/sshd.ts';

const RUNBOOKS = fileURLToPath(new URL('../runbooks', import.meta.url));
const README = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
const MANIFEST = JSON.parse(readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8')) as {
  scripts: Record<string, string>;
};

/** The fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, tag]) => tag === language)
    .map(([, , text = '']) => text);
}

let directory: string | undefined;
afterEach(() => {
  if (directory) rmSync(directory, { recursive: true, force: true });
  directory = undefined;
});

describe('the README', () => {
  it('shows a runbook that is sound', () => {
    const text = blocks('yaml').find((block) => block.includes('name: before-upgrade')) ?? '';
    expect(checkRunbook('before-upgrade.yaml', text, CATALOGUE)).toMatchObject({ ok: true });
  });

  it('shows a configuration and an inventory that load', () => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-readme-'));
    const inventory = (blocks('yaml').find((block) => block.startsWith('defaults:')) ?? '').replace('AAAAI…', 'AAAAI');
    const config = blocks('yaml').find((block) => block.startsWith('inventory:')) ?? '';
    expect(parseInventory('inventory.yaml', inventory).hosts.map(({ name, groups }) => [name, groups])).toEqual([
      ['web-1', ['web']],
    ]);
    writeFileSync(join(directory, 'inventory.yaml'), inventory);
    writeFileSync(join(directory, 'countersign.yaml'), config);
    expect(loadConfig(join(directory, 'countersign.yaml')).people).toHaveLength(2);
  });

  it('shows a policy that loads', () => {
    const policy = blocks('yaml').find((block) => block.startsWith('roles:')) ?? '';
    const host = { name: asHostName('web-1'), groups: ['web'], environment: 'production' };
    const { rules, names } = parsePolicy('policy.yaml', policy, {
      people: [testPerson('first-on-call'), testPerson('second-on-call')],
      inventory: createInventory([testHost(host)]),
      expireAfterMs: 3_600_000,
    });
    expect([rules.rules.length, rules.freezes.length]).toEqual([2, 2]);
    expect(rules.rules[0]?.match.hosts).toEqual(new Set(['web-1']));
    for (const { kind, name } of names)
      if (kind === 'runbook') expect(() => readFileSync(join(RUNBOOKS, `${name}.yaml`))).not.toThrow();
  });

  it('names every runbook and what it may offer', () => {
    const { runbooks } = loadRunbooks([fileURLToPath(new URL('../runbooks', import.meta.url))], CATALOGUE);
    for (const { name } of runbooks) expect(README).toContain(`| \`${name}\` |`);
    for (const { remedy } of runbooks.flatMap(({ offers }) => offers)) expect(README).toContain(remedy.title);
  });

  it('names only scripts and files that exist', () => {
    for (const [, script = ''] of README.matchAll(/npm run ([a-z:-]+)/g))
      expect(Object.keys(MANIFEST.scripts)).toContain(script);
    for (const [, path = ''] of README.matchAll(/\]\(((?:docs|src)\/[^)]+)\)/g)) {
      expect(() => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)))).not.toThrow(/ENOENT/);
    }
  });
});
