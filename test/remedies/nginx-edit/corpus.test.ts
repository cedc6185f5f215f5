import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import { tokenize } from '../../../src/probes/nginx-config/tokenize.ts';
import { parseTree } from '../../../src/probes/nginx-config/tree.ts';
import { raiseClientKeepaliveRemedy } from '../../../src/remedies/client-keepalive/index.ts';
import { applySplices, inverseSplices } from '../../../src/remedies/nginx-edit/splice.ts';
import { poolUpstreamRemedy } from '../../../src/remedies/pool-upstream/index.ts';
import type { Planned, Remedy, Splice } from '../../../src/remedies/remedy.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../../helpers/network-namespace.ts';
import { type CorpusConfig, corpus } from '../../helpers/nginx-corpus.ts';
import { afterEdits, type ConfigFiles, editingFacts } from '../../helpers/nginx-edit.ts';

const CORPUS = corpus();
const EXPECTED: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../fixtures/nginx-corpus/expected.json', import.meta.url)), 'utf8'),
);
/** nginx itself refuses these: an unquoted `{` in a regular expression opens a block. */
const READABLE = CORPUS.filter(({ name }) => EXPECTED[name] !== 'unreadable');
const REMEDIES: readonly Remedy[] = [poolUpstreamRemedy, raiseClientKeepaliveRemedy];

/** Client connections that end after 20 requests, so that R2 has something to do where a limit is that low. */
const CASES = READABLE.flatMap((config) =>
  REMEDIES.map((remedy) => ({ config, remedy, name: config.name, code: remedy.code })),
);

function plan(remedy: Remedy, files: ConfigFiles, { links }: CorpusConfig): Planned {
  return remedy.plan({ host: asHostName('web-1'), facts: editingFacts(files, {}, links), changeId: '41-1' });
}

function edits(result: Planned): readonly { path: string; splices: readonly Splice[] }[] {
  if (result.kind !== 'change') return [];
  return result.plan.actions.flatMap((action) => (action.kind === 'edit' ? [action] : []));
}

function byTarget({ files, links }: CorpusConfig): ReadonlyMap<string, string> {
  return new Map(Object.entries(files).map(([path, text]) => [links[path] ?? path, text]));
}

describe('the corpus of nginx configurations', () => {
  it('holds at least sixty, and says of each what is planned', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(60);
    expect(Object.keys(EXPECTED).sort()).toEqual(CORPUS.map(({ name }) => name).sort());
  });

  it.each(READABLE)('$name: tokens cover every file from its first to its last byte', ({ files }) => {
    for (const text of Object.values(files)) {
      const tokenized = tokenize(text);
      if (!tokenized.ok) throw new Error(tokenized.error.message);
      expect(tokenized.tokens.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
    }
  });

  it.each(READABLE)('$name is planned as expected', (config) => {
    const kinds = REMEDIES.map((remedy) => plan(remedy, config.files, config).kind).join(' ');
    expect(kinds).toBe(EXPECTED[config.name]);
  });

  it.each(CORPUS.filter(({ name }) => EXPECTED[name] === 'unreadable'))(
    '$name is refused by the probe, as nginx refuses it',
    ({ files }) => {
      expect(() => editingFacts(files)).toThrow(/was not understood at/);
    },
  );
});

describe('a planned edit of the corpus', () => {
  it.each(CASES)('$name, $code: undone, gives the identical bytes', ({ config, remedy }) => {
    const files = byTarget(config);
    for (const { path, splices } of edits(plan(remedy, config.files, config))) {
      const before = files.get(path) ?? '';
      const after = applySplices(before, splices);
      expect(after).not.toBe(before);
      expect(applySplices(after, inverseSplices(before, splices))).toBe(before);
    }
  });

  it.each(CASES)('$name, $code: leaves every byte outside of it', ({ config, remedy }) => {
    const files = byTarget(config);
    for (const { path, splices } of edits(plan(remedy, config.files, config))) {
      const before = files.get(path) ?? '';
      const kept = splices
        .toReversed()
        .reduce((text, { at, remove }) => text.slice(0, at) + text.slice(at + remove), before);
      const after = applySplices(before, splices);
      const put = inverseSplices(before, splices);
      const keptAfter = put
        .toReversed()
        .reduce((text, { at, remove }) => text.slice(0, at) + text.slice(at + remove), after);
      expect(keptAfter).toBe(kept);
    }
  });

  it.each(CASES)('$name, $code: still parses, and there is nothing more to change', ({ config, remedy }) => {
    const first = plan(remedy, config.files, config);
    if (first.kind !== 'change') return;
    const after = afterEdits(config.files, first.plan.actions, config.links);
    for (const text of Object.values(after)) expect(parseTree(text)).toMatchObject({ ok: true });
    expect(plan(remedy, after, config).kind).not.toBe('change');
  });

  it.each(CASES)('$name, $code: shows what it puts in, in the words of the file', ({ config, remedy }) => {
    const result = plan(remedy, config.files, config);
    if (result.kind !== 'change') return;
    for (const action of result.plan.actions) {
      if (action.kind !== 'edit') continue;
      const added = action.shown
        .filter(({ mark }) => mark === '+')
        .map(({ text }) => text.trim())
        .join('\n');
      const statements = action.splices.flatMap(({ insert }) => insert.split(/[\r\n]+/)).map((text) => text.trim());
      for (const statement of statements) expect(added).toContain(Buffer.from(statement, 'latin1').toString('utf8'));
    }
  });
});

describe('nginx itself', () => {
  let host: NetworkNamespace;
  let folder: string;

  beforeAll(() => {
    host = createNetworkNamespace();
    folder = mkdtempSync(join(tmpdir(), 'countersign-corpus-'));
  });

  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  function accepts(name: string, files: ConfigFiles): boolean {
    const here = join(folder, name);
    rmSync(here, { recursive: true, force: true });
    for (const [path, text] of Object.entries(files)) {
      const place = join(here, path.replace('/etc/nginx/', ''));
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text, 'latin1');
    }
    const options = ['-e', 'stderr', '-p', here, '-c', join(here, 'nginx.conf'), '-g', `pid ${here}/nginx.pid;`];
    return host.run(['nginx', '-t', '-q', ...options]).exitCode === 0;
  }

  const accepted = new Set<string>();

  it.each(CASES)('accepts $name after $code where it accepted it before', ({ config, remedy }) => {
    if (!accepts(config.name, config.files)) return;
    accepted.add(config.name);
    const result = plan(remedy, config.files, config);
    if (result.kind === 'change') {
      expect(accepts(config.name, afterEdits(config.files, result.plan.actions, config.links))).toBe(true);
    }
  });

  it('was asked about most of the corpus', () => {
    expect(accepted.size).toBeGreaterThan(60);
  });
});
