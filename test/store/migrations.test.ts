import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { asProposalId } from '../../src/base/ids.ts';
import { openStore } from '../../src/store/store.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));

/** A database as a version with migrations up to `last` left it, with one change on one host in the middle of its work. */
function oldDatabase(last: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-old-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const folder = join(dir, 'migrations');
  mkdirSync(folder);
  for (const name of readdirSync(MIGRATIONS).filter((file) => file <= last))
    copyFileSync(join(MIGRATIONS, name), join(folder, name));
  const path = join(dir, 'store.sqlite');
  void openStore(path, folder)[Symbol.asyncDispose]();
  const database = new SqliteDatabase(path);
  const plan = JSON.stringify({
    remedy: 'reserve-service-ports',
    title: 'reserve service ports',
    risk: 'low',
    hosts: [{ host: 'web-1', actions: [], basis: {}, predicted: [], risks: [], proof: [] }],
    left: [],
  });
  database.exec(`
    INSERT INTO runs (id, runbook, runbook_version, params, selector, requester, surface, state, created_at)
      VALUES (1, 'service-port', 'v1', '{}', 'all', 'ada', 'cli', 'finished', 1);
    INSERT INTO proposals (id, run_id, number, plan, digest, requester, needed_approvals, state, created_at, expires_at)
      VALUES ('1-1', 1, 1, '${plan}', 'd', 'ada', 1, 'applying', 1, 2);
    INSERT INTO approvals VALUES ('1-1', 'bob', 'd', 'approve', NULL, 'cli', 2);
    INSERT INTO undo_requests (proposal_id, person, surface, at) VALUES ('1-1', 'ada', 'cli', 3);
    INSERT INTO attempts (id, proposal_id, position, host, state, updated_at) VALUES ('a', '1-1', 0, 'web-1', 'applied', 4);
  `);
  database.close();
  return path;
}

describe('a database of an earlier version', () => {
  test('keeps its changes when their states become more, and what refers to them still does', async () => {
    const path = oldDatabase('0005-deliveries.sql');
    await using store = openStore(path);
    const id = asProposalId('1-1');
    expect(await store.changes.find(id)).toMatchObject({
      state: 'applying',
      plan: { rollout: { batches: [['web-1']], unproven: 'keep', slowProof: false }, typed: [] },
    });
    expect(await store.changes.attempts(id)).toMatchObject([{ host: 'web-1', state: 'applied', appliedAt: null }]);
    expect(await store.changes.approvals(id)).toMatchObject([{ person: 'bob' }]);
    expect(await store.changes.undoRequests(id)).toMatchObject([{ person: 'ada' }]);
    const database = new SqliteDatabase(path, { readonly: true });
    expect(database.pragma('foreign_key_check')).toEqual([]);
    const references = database.prepare<[], { sql: string }>(
      "SELECT sql FROM sqlite_schema WHERE name IN ('attempts', 'approvals', 'undo_requests')",
    );
    for (const { sql } of references.all()) expect(sql).not.toContain('new_');
    database.close();
  });
});
