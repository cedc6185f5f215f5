import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { messageOf, OperatorError } from '../../base/error.ts';
import { migrate } from '../migrate.ts';
import type { Database, Tables } from '../schema.ts';

/** A database and the connection to be closed with it. */
export interface OpenDatabase extends AsyncDisposable {
  readonly database: Database;
}

/**
 * Opens the SQLite database at `path` (made when missing) and migrates it. WAL with synchronous=FULL: what is committed
 * survives power loss (sqlite.org/pragma.html#pragma_synchronous). Throws store/unavailable when it cannot be used.
 */
export function openSqlite(path: string, migrations: string): OpenDatabase {
  const connection = connect(path);
  try {
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    connection.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL) STRICT');
    migrate(
      {
        exec: (sql) => connection.exec(sql),
        applied: () =>
          connection.prepare<[], { name: string; checksum: string }>('SELECT name, checksum FROM migrations').all(),
        record: (name, checksum) =>
          connection.prepare('INSERT INTO migrations (name, checksum) VALUES (?, ?)').run(name, checksum),
        exclusively: (work) => connection.transaction(work).immediate(),
      },
      migrations,
    );
  } catch (error) {
    connection.close();
    throw error instanceof OperatorError ? error : unavailable(path, error);
  }
  connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }) });
  return {
    database,
    // Kysely closes a connection only when it was used; an unused one would keep the file open.
    [Symbol.asyncDispose]: async () => {
      await database.destroy();
      connection.close();
    },
  };
}

/** SQLite's own waiting blocks the whole process, so it is kept short once the schema stands; transactions wait in their own way. */
const BUSY_TIMEOUT_MS = 5;

function connect(path: string): SqliteDatabase.Database {
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return new SqliteDatabase(path, { timeout: 5000 });
  } catch (error) {
    throw unavailable(path, error);
  }
}

function unavailable(path: string, cause: unknown): OperatorError {
  return new OperatorError(codeOf(cause) === 'SQLITE_FULL' ? 'store/full' : 'store/unavailable', {
    message: `the database ${path} cannot be used: ${messageOf(cause)}`,
    hint: 'Check that its directory exists, can be written, and has free space; or set "store: { path: … }".',
    cause,
  });
}

/** Turns a failure of the medium into an operator error that says what to do; other errors pass as they are. */
export function storeFailure(error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR')) {
    return new OperatorError('store/full', {
      message: `the database could not be written: ${messageOf(error)}`,
      hint: 'Free space on the disk that holds the database; nothing was half-written.',
      cause: error,
    });
  }
  if (
    ['SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_BUSY', 'SQLITE_CORRUPT', 'SQLITE_NOTADB'].some((known) =>
      code.startsWith(known),
    )
  ) {
    return new OperatorError('store/unavailable', {
      message: `the database cannot be used now: ${messageOf(error)}`,
      hint: 'Check its file, its directory and whether another program holds it.',
      cause: error,
    });
  }
  return error;
}

/** Whether another connection holds the lock that was wanted. */
export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
