import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { asHostName, asPersonName } from '../../src/base/ids.ts';
import { processIdentity } from '../../src/base/process-identity.ts';
import type { NewRun } from '../../src/engine/ports.ts';
import { openStore } from '../../src/store/store.ts';
import { describeStore } from '../contract/store.ts';
import { verifiedAuditEntries } from '../helpers/audit-chain.ts';
import { testAttempts, testProposal } from '../helpers/change.ts';
import { createTestStore } from '../helpers/engine.ts';
import { finished } from '../helpers/private-host.ts';

const CHILD = fileURLToPath(new URL('../helpers/store-child.ts', import.meta.url));
const TSX = fileURLToPath(import.meta.resolve('tsx'));
const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));
const ALL_MIGRATIONS = readdirSync(MIGRATIONS).sort();

const child = (...args: string[]) =>
  spawn(process.execPath, ['--import', TSX, CHILD, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
const run = async (...args: string[]) => {
  const { stdout, stderr, exitCode } = await finished(child(...args));
  return { said: stdout.trim(), stderr, exitCode };
};

const { said: DEAD_PROCESS } = await run('identity');

describeStore('SQLite', async () => {
  const stores = createTestStore();
  return {
    first: stores.store,
    second: stores.another(),
    deadOwner: DEAD_PROCESS,
    livingOwner: processIdentity(),
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  };
});

const RUN: NewRun = {
  runbook: 'word',
  runbookVersion: 'v1',
  params: {},
  selector: 'all',
  requester: asPersonName('ada'),
  surface: 'cli',
  channel: null,
  createdAt: 1,
  hosts: [asHostName('web-1')],
};

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-sqlite-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A small file system of its own, unmounted in the end. */
function smallDisk(options: string): string {
  const dir = temporaryFolder();
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  must('mount', '-t', 'tmpfs', '-o', options, 'none', disk);
  onTestFinished(() => must('umount', disk));
  return disk;
}

function must(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

describe('migrations', () => {
  const appliedIn = (path: string) => {
    const database = new SqliteDatabase(path, { readonly: true });
    const names = database.prepare<[], { name: string }>('SELECT name FROM migrations ORDER BY rowid').all();
    database.close();
    return names.map(({ name }) => name);
  };

  test('are applied once by three processes that start together on a new file', async () => {
    const path = join(temporaryFolder(), 'deep/er/store.sqlite');
    const all = await Promise.all([1, 2, 3].map(() => run('open', path)));
    expect(all).toEqual(Array(3).fill({ said: '', stderr: '', exitCode: 0 }));
    expect(appliedIn(path)).toEqual(ALL_MIGRATIONS);
  });

  test('are refused when one that was applied was edited, or is unknown here', async () => {
    const dir = temporaryFolder();
    const [path, edited, fewer] = [join(dir, 'store.sqlite'), join(dir, 'edited'), join(dir, 'fewer')];
    await openStore(path)[Symbol.asyncDispose]();
    cpSync(MIGRATIONS, edited, { recursive: true });
    writeFileSync(join(edited, ALL_MIGRATIONS[0] ?? ''), 'SELECT 1;');
    expect(() => openStore(path, edited)).toThrow(expect.objectContaining({ code: 'store/migration-changed' }));
    mkdirSync(fewer);
    for (const name of ALL_MIGRATIONS.slice(0, -1)) copyFileSync(join(MIGRATIONS, name), join(fewer, name));
    expect(() => openStore(path, fewer)).toThrow(expect.objectContaining({ code: 'store/migration-changed' }));
  });

  test('that fail leave nothing behind', () => {
    const dir = temporaryFolder();
    const [path, broken] = [join(dir, 'store.sqlite'), join(dir, 'broken')];
    mkdirSync(broken);
    writeFileSync(join(broken, '0001-first.sql'), 'CREATE TABLE first (a INTEGER);');
    writeFileSync(join(broken, '0002-second.sql'), 'CREATE TABLE second (a INTEGER); CREATE TABLE second (a INTEGER);');
    expect(() => openStore(path, broken)).toThrow('already exists');
    expect(appliedIn(path)).toEqual([]);
    const database = new SqliteDatabase(path, { readonly: true });
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name IN ('first', 'second')").all()).toEqual([]);
    database.close();
  });
});

describe('two processes on one file', () => {
  test('of 200 decisions that race, exactly one counts', async () => {
    const stores = createTestStore();
    onTestFinished(() => stores[Symbol.asyncDispose]());
    const { store, path } = stores;
    const runId = await store.runs.create(RUN);
    const proposal = testProposal({ runId });
    const lease = await store.leases.acquire('run:1', 'me', 60_000, 0);
    if (!lease) throw new Error('no lease');
    await store.runs.conclude(
      runId,
      { findings: [], notConcluded: [], proposals: [{ proposal, attempts: testAttempts(proposal) }], at: 2 },
      lease,
    );
    const both = await Promise.all([
      run('decide', path, proposal.id, 'a', '100'),
      run('decide', path, proposal.id, 'b', '100'),
    ]);
    expect(both.map(({ stderr }) => stderr)).toEqual(['', '']);
    expect(both.map(({ said }) => Number(said)).sort()).toEqual([0, 1]);
    expect(await store.changes.approvals(proposal.id)).toHaveLength(1);
    expect(verifiedAuditEntries(path)).toBe(3);
  });

  test('a writer waits for the other one to end its transaction, without holding up this process', async () => {
    const stores = createTestStore();
    onTestFinished(() => stores[Symbol.asyncDispose]());
    const holder = child('hold', stores.path, '1500');
    await once(holder.stdout, 'data');
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 10);
    expect(await stores.store.runs.history({ limit: 1 })).toEqual([]);
    expect(await stores.store.runs.create(RUN)).toBe(1);
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(10);
    if (holder.exitCode === null) await once(holder, 'exit');
  });
});

test('a queue of writes lets the process attend to other things after each of them', async () => {
  const stores = createTestStore();
  onTestFinished(() => stores[Symbol.asyncDispose]());
  await stores.store.runs.create(RUN);
  let turns = 0;
  let writing = true;
  const turn = (): void => {
    turns += 1;
    if (writing) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(Array.from({ length: 50 }, () => stores.store.runs.create(RUN)));
  writing = false;
  expect(turns).toBeGreaterThanOrEqual(50);
});

describe('the audit chain', () => {
  test('is made of hashes that can be worked out anew, and rows are neither changed, replaced, removed nor put between', async () => {
    const stores = createTestStore();
    onTestFinished(() => stores[Symbol.asyncDispose]());
    for (const event of ['a', 'b', 'ü'])
      await stores.store.audit.append({
        event,
        actor: 'ada',
        surface: 'cli',
        subject: 'run:1',
        at: 5,
        body: { z: [1, null], a: 'é' },
      });
    expect(verifiedAuditEntries(stores.path)).toBe(3);
    const database = new SqliteDatabase(stores.path);
    onTestFinished(() => {
      database.close();
    });
    const columns =
      "(seq, at, event, actor, surface, subject, body, previous, hash) VALUES (2, 5, 'x', 'y', 'cli', 'run:1', '{}', '', '')";
    expect(() => database.exec("UPDATE audit SET actor = 'eve' WHERE seq = 2")).toThrow('never changed');
    expect(() => database.exec('DELETE FROM audit WHERE seq = 3')).toThrow('never removed');
    expect(() => database.exec(`INSERT OR REPLACE INTO audit ${columns}`)).toThrow('only added at the end');
    expect(() => database.exec(`INSERT INTO audit ${columns.replace('(2,', '(7,')}`)).toThrow('only added at the end');
    expect(verifiedAuditEntries(stores.path)).toBe(3);
  });

  test('shows a row that was altered behind the triggers', async () => {
    const stores = createTestStore();
    onTestFinished(() => stores[Symbol.asyncDispose]());
    for (const event of ['a', 'b'])
      await stores.store.audit.append({ event, actor: 'ada', surface: 'cli', subject: 'run:1', at: 5, body: {} });
    const database = new SqliteDatabase(stores.path);
    database.exec("DROP TRIGGER audit_is_never_updated; UPDATE audit SET actor = 'eve' WHERE seq = 1");
    database.close();
    expect(() => verifiedAuditEntries(stores.path)).toThrow('broken at 1');
  });
});

test('a store that was not used lets go of its file when it is closed', async () => {
  const disk = smallDisk('size=4m');
  await openStore(join(disk, 'store.sqlite'))[Symbol.asyncDispose]();
  must('mount', '-o', 'remount,ro', disk);
});

describe('a medium that fails', () => {
  test('full: says so, writes nothing by half, and goes on when there is room again', async () => {
    const disk = smallDisk('size=600k');
    const path = join(disk, 'store.sqlite');
    const store = openStore(path);
    onTestFinished(() => store[Symbol.asyncDispose]());
    const id = await store.runs.create(RUN);
    writeFileSync(join(disk, 'filler'), '');
    expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(1_000_000))).toThrow('ENOSPC');
    const lease = { subject: 'run:1', owner: 'me', token: 1 };
    const step = {
      probe: 'kernel',
      exitCode: 0,
      durationMs: 1,
      droppedBytes: 0,
      stdout: 'x'.repeat(20_000),
      stderr: '',
      problem: null,
      reason: null,
    };
    const answer = {
      host: asHostName('web-1'),
      outcome: 'ok',
      detail: null,
      finishedAt: 2,
      steps: [step],
      facts: [],
      numbers: {},
    } as const;
    await expect(
      (async () => {
        await store.leases.acquire('run:1', 'me', 1000, 0);
        await store.runs.answered(id, answer, lease);
      })(),
    ).rejects.toMatchObject({ code: 'store/full', hint: expect.stringContaining('Free space') });
    expect(await store.runs.hosts(id)).toMatchObject([{ state: 'waiting', outcome: null }]);
    expect(await store.runs.steps(id)).toEqual([]);
    rmSync(join(disk, 'filler'));
    const held = await store.leases.acquire('run:1', 'me', 1000, 5000);
    if (!held) throw new Error('no lease');
    await store.runs.answered(id, answer, held);
    expect(await store.runs.steps(id)).toHaveLength(1);
  });

  test('full from the beginning: cannot be opened, and says why', () => {
    const disk = smallDisk('size=64k');
    expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(1_000_000))).toThrow('ENOSPC');
    expect(() => openStore(join(disk, 'store.sqlite'))).toThrow(expect.objectContaining({ code: 'store/full' }));
  });

  test('read-only: is unavailable', async () => {
    const disk = smallDisk('size=4m');
    const path = join(disk, 'store.sqlite');
    await openStore(path)[Symbol.asyncDispose]();
    must('mount', '-o', 'remount,ro', disk);
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'store/unavailable' }));
    expect(() => openStore(join(disk, 'new/store.sqlite'))).toThrow(
      expect.objectContaining({ code: 'store/unavailable' }),
    );
  });

  test('not a database: is unavailable, and is left as it was', () => {
    const path = join(temporaryFolder(), 'store.sqlite');
    writeFileSync(path, 'this is a letter to my mother, not a database at all'.repeat(100));
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'store/unavailable' }));
  });
});
