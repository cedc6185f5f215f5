import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isProcessGone } from '../../src/base/process-identity.ts';
import { openStore } from '../../src/store/store.ts';
import { verifiedAuditEntries } from '../helpers/audit-chain.ts';
import { createPrivateHost, finished, type PrivateHost } from '../helpers/private-host.ts';

const ENGINE = fileURLToPath(new URL('../../src/engine', import.meta.url));
const CHILD = fileURLToPath(new URL('../helpers/crash-child.ts', import.meta.url));
const TSX = fileURLToPath(import.meta.resolve('tsx'));

/** Every crash point of the engine, found in its text, so that a new one is tested as soon as it is there. */
const FILES = readdirSync(ENGINE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const USES = FILES.flatMap((name) => {
  const text = readFileSync(join(ENGINE, name), 'utf8');
  return [...text.matchAll(/crashPoint\(([^)]*)\)/g)].map((match) => match[1] ?? '');
});
const POINTS = USES.map((use) => use.slice(1, -1));

/** The story in which a kind of crash point is met; the others are met in `undoing`. */
const STORIES: Readonly<Record<string, string>> = {
  look: 'looking',
  revert: 'reverting',
  'break-glass': 'breaking',
};

/** What the audit chain says of a story at its end, the steps of attempts left out. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  undoing: ['proposal.approved', 'change.proven', 'undo.requested', 'change.undone'],
  looking: [
    'proposal.approved',
    'change.needs_human',
    'look.requested',
    'change.proven',
    'undo.requested',
    'change.undone',
  ],
  reverting: ['proposal.approved', 'change.reverted'],
  harming: ['proposal.approved', 'change.reverted'],
  'harming-late': ['proposal.approved', 'change.reverted'],
  breaking: ['glass.broken', 'change.proven', 'undo.requested', 'change.undone'],
};

/** How long sudo is held up, in seconds: until it is killed, or long enough to kill the bot meanwhile. */
const LONG_S = 61;
const SHORT_S = 3;

describe('the bot, killed', () => {
  let host: PrivateHost;
  let storePath: string;
  let wordPath: string;

  beforeEach(async () => {
    host = await createPrivateHost();
    storePath = join(host.dir, 'store.sqlite');
    wordPath = join(host.dir, 'word');
    writeFileSync(wordPath, 'bad');
  });
  afterEach(() => host[Symbol.asyncDispose]());

  const argv = (story: string) => [process.execPath, '--import', TSX, CHILD, storePath, wordPath, story];
  const begin = (crashAt: string, story = 'undoing') => host.spawn(argv(story), { COUNTERSIGN_CRASH_AT: crashAt });
  const resume = (story = 'undoing') => host.run(argv(story));
  const events = async (subject: string) => {
    await using store = openStore(storePath);
    return (await store.audit.of(subject)).map(({ event }) => event);
  };
  const writes = () => host.sudoRan().filter((line) => line.startsWith('tee ')).length;
  /** Holders of leases that would keep others from the work. */
  const livingHolders = () => {
    const database = new SqliteDatabase(storePath, { readonly: true });
    const owners = database.prepare<[], { owner: string | null }>('SELECT owner FROM leases').all();
    database.close();
    return owners.flatMap(({ owner }) => (owner === null || isProcessGone(owner) ? [] : [owner]));
  };

  test('has crash points with literal names, and no two alike', () => {
    expect(USES.filter((use) => !/^'[a-z.-]+'$/.test(use))).toEqual([]);
    expect(new Set(POINTS).size).toBe(POINTS.length);
    expect(POINTS.length).toBeGreaterThan(15);
  });

  /** A change that does harm is taken back whatever the policy says, and also after a kill; `late` = after it was confirmed. */
  const harming = [
    ...['signal.before-outcome', 'signal.after-outcome', 'revert.before-send', 'revert.before-outcome'].map(
      (point) => ({
        point,
        story: 'harming',
      }),
    ),
    ...['prove.after-outcome', 'revert.before-outcome'].map((point) => ({ point, story: 'harming-late' })),
  ];
  const others = POINTS.map((point) => ({ point, story: STORIES[point.split('.')[0] ?? ''] ?? 'undoing' }));

  test.each([...others, ...harming])(
    'at $point, $story, brings all to its end, each attempt made once',
    async ({ point, story }) => {
      const child = begin(point, story);
      await finished(child);
      expect(child.signalCode).toBe('SIGKILL');
      expect(await resume(story)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(writes()).toBe(2);
      expect(readFileSync(wordPath, 'utf8')).toBe('bad');
      expect(await events('run:1')).toEqual(['run.started', 'run.finished']);
      expect((await events('proposal:1-1')).filter((event) => event !== 'attempt.moved')).toEqual(ENDS[story]);
      expect(verifiedAuditEntries(storePath)).toBeGreaterThan(6);
      expect(livingHolders()).toEqual([]);
    },
  );

  test('together with the work on the host leaves it to a person, and the undo restores what was there', async () => {
    host.delay('tee *', LONG_S);
    const child = begin('never');
    await expect.poll(() => host.pidsWith(`sleep\0${LONG_S}`).length, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await finished(child);
    const attempts = await host.run(['sh', '-c', 'cat /var/lib/countersign/attempts/*/owner']);
    process.kill(-Number(attempts.stdout.split(' ')[1]), 'SIGKILL');
    host.delay('');
    expect(await resume()).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await events('proposal:1-1')).filter((event) => event !== 'attempt.moved')).toEqual([
      'proposal.approved',
      'change.needs_human',
      'undo.requested',
      'change.undone',
    ]);
    expect([writes(), readFileSync(wordPath, 'utf8')]).toEqual([0, 'bad']);
    expect(livingHolders()).toEqual([]);
  });

  test('while the host works follows it after the restart and adopts the result', async () => {
    host.delay('tee *', SHORT_S);
    const child = begin('never');
    await expect.poll(() => host.pidsWith(`sleep\0${SHORT_S}`).length, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await finished(child);
    host.delay('');
    expect(await resume()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await events('proposal:1-1')).toContain('change.proven');
    expect(writes()).toBe(2);
  });

  test('is followed by a process that waits for a living one instead of working beside it', async () => {
    const together = await Promise.all([resume(), resume()]);
    const ended = together.map(({ exitCode }) => exitCode);
    expect(ended).toContain(0);
    expect(writes()).toBe(2);
    expect(verifiedAuditEntries(storePath)).toBeGreaterThan(6);
  });
});
