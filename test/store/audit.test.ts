import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createDisposal } from '../../src/base/disposal.ts';
import { canonicalJson, sha256 } from '../../src/base/digest.ts';
import type { Store } from '../../src/engine/ports.ts';
import { openStore } from '../../src/store/store.ts';
import { createTestStore } from '../helpers/engine.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));

interface Row {
  readonly seq: number;
  readonly hash: string;
  readonly previous: string;
  readonly [column: string]: unknown;
}

/** A store with so many entries, and a hand that writes its file past every trigger. */
async function chainOf(entries: number) {
  const disposal = createDisposal();
  onTestFinished(() => disposal[Symbol.asyncDispose]());
  const stores = disposal.use(createTestStore());
  await append(stores.store, entries);
  const tamper = (sql: string): void => {
    const database = new SqliteDatabase(stores.path);
    const triggers = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
      .all();
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
    database.exec(sql);
    database.close();
  };
  const rows = (): Row[] => {
    const database = new SqliteDatabase(stores.path, { readonly: true });
    const all = database.prepare<[], Row>('SELECT * FROM audit ORDER BY seq').all();
    database.close();
    return all;
  };
  /** Makes links, hashes and the head fit again from an entry on, as somebody would who knows how. */
  const forge = (from: number): void => {
    let previous = rows().find(({ seq }) => seq === from - 1)?.hash ?? '0'.repeat(64);
    const updates: string[] = [];
    for (const { hash: _hash, ...row } of rows().filter(({ seq }) => seq >= from)) {
      const hash = sha256(canonicalJson({ ...row, previous }));
      updates.push(`UPDATE audit SET previous = '${previous}', hash = '${hash}' WHERE seq = ${row.seq};`);
      previous = hash;
    }
    tamper(`${updates.join('\n')} UPDATE audit_head SET seq = (SELECT max(seq) FROM audit), hash = '${previous}'`);
  };
  return { store: stores.store, path: stores.path, another: () => stores.another(), tamper, forge };
}

async function append(store: Store, entries: number): Promise<void> {
  for (let index = 0; index < entries; index++)
    await store.audit.append({
      event: `event.${index}`,
      actor: 'ada',
      surface: 'cli',
      subject: 'run:1',
      at: index,
      body: { index, text: 'é "quoted"' },
    });
}

describe('the audit chain', () => {
  test.each([0, 1, 7, 1001])('of %i entries is sound, and its head is its last entry', async (entries) => {
    const { store } = await chainOf(entries);
    const head = await store.audit.head();
    expect(head.seq).toBe(entries);
    expect(await store.audit.verify(undefined)).toEqual({ kind: 'sound', head });
    expect(await store.audit.verify(head)).toEqual({ kind: 'sound', head });
  });

  test.each([
    ['an event that was altered', "UPDATE audit SET event = 'other' WHERE seq = 4", 4, 'altered'],
    ['an actor that was altered', "UPDATE audit SET actor = 'bob' WHERE seq = 1", 1, 'altered'],
    ['an instant that was altered', 'UPDATE audit SET at = at + 1 WHERE seq = 7', 7, 'altered'],
    ['a subject that was altered', "UPDATE audit SET subject = 'run:2' WHERE seq = 3", 3, 'altered'],
    ['a surface that was altered', "UPDATE audit SET surface = 'slack' WHERE seq = 3", 3, 'altered'],
    ['a body that was altered', "UPDATE audit SET body = replace(body, ':2', ':9') WHERE seq = 3", 3, 'altered'],
    ['a body that is no JSON any more', "UPDATE audit SET body = '{' WHERE seq = 2", 2, 'altered'],
    ['a hash that was altered', `UPDATE audit SET hash = '${'f'.repeat(64)}' WHERE seq = 5`, 5, 'altered'],
    ['a link that was altered', `UPDATE audit SET previous = '${'f'.repeat(64)}' WHERE seq = 5`, 5, 'altered'],
    ['an entry that was removed', 'DELETE FROM audit WHERE seq = 4', 4, 'missing'],
    ['the first entry removed', 'DELETE FROM audit WHERE seq = 1', 1, 'missing'],
    [
      'an entry removed and the gap closed',
      'DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = seq - 1 WHERE seq > 4',
      4,
      'altered',
    ],
    [
      'two entries that changed places',
      'UPDATE audit SET seq = 99 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 99',
      3,
      'altered',
    ],
    ['the last entry cut off', 'DELETE FROM audit WHERE seq = 7', 7, 'truncated'],
    ['many entries cut off', 'DELETE FROM audit WHERE seq > 2', 3, 'truncated'],
    ['all entries cut off', 'DELETE FROM audit', 1, 'truncated'],
    ['the end that is kept beside it removed', 'DELETE FROM audit_head', 8, 'truncated'],
    ['the end that is kept beside it put back', 'UPDATE audit_head SET seq = 5', 6, 'added'],
    ['the end that is kept beside it altered', `UPDATE audit_head SET hash = '${'f'.repeat(64)}'`, 7, 'altered'],
  ])('shows %s, and which entry is the first that is wrong', async (_what, sql, seq, problem) => {
    const { store, tamper } = await chainOf(7);
    tamper(sql);
    expect(await store.audit.verify(undefined)).toMatchObject({ kind: 'broken', seq, problem });
  });

  test('shows an entry that was replaced together with its hash', async () => {
    const { store, tamper } = await chainOf(7);
    const other = { seq: 4, at: 3, event: 'event.3', actor: 'bob', surface: 'cli', subject: 'run:1', body: '{}' };
    const previous = 'a'.repeat(64);
    const hash = sha256(canonicalJson({ ...other, previous }));
    tamper(`UPDATE audit SET actor = 'bob', body = '{}', previous = '${previous}', hash = '${hash}' WHERE seq = 4`);
    expect(await store.audit.verify(undefined)).toMatchObject({ kind: 'broken', seq: 4, problem: 'out_of_order' });
  });

  test('that was forged anew to its end shows it to whoever noted a head down', async () => {
    const { store, tamper, forge } = await chainOf(7);
    const head = await store.audit.head();
    tamper("UPDATE audit SET actor = 'bob' WHERE seq = 4");
    forge(4);
    expect(await store.audit.verify(undefined)).toMatchObject({ kind: 'sound' });
    expect(await store.audit.verify(head)).toMatchObject({ kind: 'broken', seq: 7, problem: 'other_chain' });
  });

  test('that was cut off together with its end shows it to whoever noted a head down', async () => {
    const { store, tamper, forge } = await chainOf(7);
    const head = await store.audit.head();
    tamper('DELETE FROM audit WHERE seq > 5');
    forge(5);
    expect(await store.audit.verify(undefined)).toMatchObject({ kind: 'sound' });
    expect(await store.audit.verify(head)).toMatchObject({ kind: 'broken', seq: 6, problem: 'truncated' });
  });

  test('is still that of a head noted down earlier when it went on', async () => {
    const { store } = await chainOf(3);
    const head = await store.audit.head();
    await append(store, 3);
    expect(await store.audit.verify(head)).toMatchObject({ kind: 'sound', head: { seq: 6 } });
  });

  test('takes nothing more after it was cut off, so that the loss cannot be written over', async () => {
    const { store, another, tamper } = await chainOf(7);
    tamper('DELETE FROM audit WHERE seq > 5');
    await expect(append(store, 1)).rejects.toMatchObject({ code: 'store/audit-broken' });
    await expect(append(another(), 1)).rejects.toMatchObject({ code: 'store/audit-broken' });
    expect(await store.audit.verify(undefined)).toMatchObject({ kind: 'broken', seq: 6, problem: 'truncated' });
  });

  test('keeps its end from being put back or removed by a slip', async () => {
    const { path } = await chainOf(3);
    const database = new SqliteDatabase(path);
    onTestFinished(() => {
      database.close();
    });
    for (const sql of [
      'UPDATE audit_head SET seq = 1',
      'DELETE FROM audit_head',
      "INSERT INTO audit_head (id, seq, hash) VALUES (1, 9, 'x')",
      "INSERT OR REPLACE INTO audit_head (id, seq, hash) VALUES (1, 9, 'x')",
    ])
      expect(() => database.exec(sql), sql).toThrow(/audit chain/);
  });

  test('that was written before its end was kept beside it goes on after the update', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'countersign-audit-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const [path, old] = [join(dir, 'store.sqlite'), join(dir, 'old')];
    mkdirSync(old);
    for (const name of readdirSync(MIGRATIONS).filter((name) => name < '0007'))
      cpSync(join(MIGRATIONS, name), join(old, name));
    await openStore(path, old)[Symbol.asyncDispose]();
    const database = new SqliteDatabase(path);
    const row = { seq: 1, at: 1, event: 'run.started', actor: 'ada', surface: 'cli', subject: 'run:1', body: '{}' };
    const previous = '0'.repeat(64);
    const hash = sha256(canonicalJson({ ...row, previous }));
    database
      .prepare('INSERT INTO audit VALUES (@seq, @at, @event, @actor, @surface, @subject, @body, @previous, @hash)')
      .run({ ...row, previous, hash });
    database.close();
    await using store = openStore(path);
    expect(await store.audit.verify(undefined)).toEqual({ kind: 'sound', head: { seq: 1, hash } });
    await append(store, 2);
    expect(await store.audit.verify({ seq: 1, hash })).toMatchObject({ kind: 'sound', head: { seq: 3 } });
  });

  test('shows any one byte of any column that differs', async () => {
    const { store, tamper } = await chainOf(5);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('event', 'actor', 'subject', 'body', 'previous', 'hash'),
        fc.nat(200),
        async (seq, column, place) => {
          tamper('CREATE TABLE IF NOT EXISTS saved AS SELECT * FROM audit');
          const at = `1 + ${place} % length(${column})`;
          tamper(
            `UPDATE audit SET ${column} = substr(${column}, 1, ${at} - 1) || '~' || substr(${column}, ${at} + 1) WHERE seq = ${seq}`,
          );
          const report = await store.audit.verify(undefined);
          tamper('DELETE FROM audit; INSERT INTO audit SELECT * FROM saved');
          expect(report).toMatchObject({ kind: 'broken', seq });
        },
      ),
      { numRuns: 40 },
    );
    expect(await store.audit.verify(undefined)).toMatchObject({ kind: 'sound', head: { seq: 5 } });
  });
});
