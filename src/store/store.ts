import { fileURLToPath } from 'node:url';
import type { Store } from '../engine/ports.ts';
import { appendAudit, auditOf } from './audit.ts';
import { createChangeStore } from './changes.ts';
import { openSqlite } from './dialect/sqlite.ts';
import { createLeaseStore } from './leases.ts';
import { createMessageStore } from './messages.ts';
import { createRunStore } from './runs.ts';
import { createQuery, createTransact } from './transact.ts';

/** The migrations that come with the package. */
const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url));

/** Opens the store on a SQLite file; `:memory:` is for tests. Throws store/* when it cannot be used. */
export function openStore(path: string, migrations: string = MIGRATIONS): Store {
  const opened = openSqlite(path, migrations);
  const { database } = opened;
  const query = createQuery(database);
  const transact = createTransact(database);
  return {
    runs: createRunStore(query, transact),
    changes: createChangeStore(query, transact),
    leases: createLeaseStore(transact),
    messages: createMessageStore(query, transact),
    audit: {
      append: (entry) => transact((db) => appendAudit(db, entry)),
      of: (subject) => query((db) => auditOf(db, subject)),
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
