import { fileURLToPath } from 'node:url';
import type { Store } from '../engine/ports.ts';
import { appendAudit, auditOf, lastEntry } from './audit.ts';
import { verifyAudit } from './audit-verification.ts';
import { createBrokenGlassStore } from './broken-glass.ts';
import { createChangeStore } from './changes.ts';
import { openSqlite } from './dialect/sqlite.ts';
import { createGroupStore } from './groups.ts';
import { createLeaseStore } from './leases.ts';
import { createMessageStore } from './messages.ts';
import { createOverviewStore } from './overview.ts';
import { createRunFigureStore } from './run-figures.ts';
import { createRunStore } from './runs.ts';
import { createQuery, createSnapshot, createTransact } from './transact.ts';

/** The migrations that come with the package. */
const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));

/** Opens the store on a SQLite file; `:memory:` is for tests. Throws store/* when it cannot be used. */
export function openStore(path: string, migrations: string = MIGRATIONS): Store {
  const opened = openSqlite(path, migrations);
  const { database } = opened;
  const query = createQuery(database);
  const transact = createTransact(database);
  const snapshot = createSnapshot(database);
  return {
    runs: createRunStore(query, transact),
    changes: createChangeStore(query, transact),
    leases: createLeaseStore(transact),
    messages: createMessageStore(query, transact),
    audit: {
      append: (entry) => transact((db) => appendAudit(db, entry)),
      of: (subject) => query((db) => auditOf(db, subject)),
      head: () => query(lastEntry),
      verify: (expected) => snapshot((db) => verifyAudit(db, expected)),
    },
    brokenGlass: createBrokenGlassStore(query, transact),
    groups: createGroupStore(query, transact),
    overview: createOverviewStore(query),
    figures: createRunFigureStore(query),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
