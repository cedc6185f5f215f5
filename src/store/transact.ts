import { sql } from 'kysely';
import { storeFailure } from './dialect/sqlite.ts';
import type { Database, Executor } from './schema.ts';

/** Runs `work` in one transaction; inside it only the given executor may be used. Failures of the medium become operator errors. */
export type Transact = <T>(work: (db: Executor) => Promise<T>) => Promise<T>;

/** Transactions on this database. */
export function createTransact(database: Database): Transact {
  return async (work) => {
    try {
      return await database.connection().execute((connection) => immediately(connection, work));
    } catch (error) {
      throw storeFailure(error);
    }
  };
}

/**
 * BEGIN IMMEDIATE takes the write lock at once, so that a second process waits (busy_timeout) instead of failing when a
 * read turns into a write (sqlite.org/lang_transaction.html).
 */
async function immediately<T>(connection: Database, work: (db: Executor) => Promise<T>): Promise<T> {
  await sql`begin immediate`.execute(connection);
  try {
    const result = await work(connection);
    await sql`commit`.execute(connection);
    return result;
  } catch (error) {
    await sql`rollback`.execute(connection).catch(() => {});
    throw error;
  }
}

/** A function that runs reads and names failures of the medium. */
export type Query = <T>(work: (db: Executor) => Promise<T>) => Promise<T>;

/** Reads on this database, outside a transaction. */
export function createQuery(database: Database): Query {
  return async (work) => {
    try {
      return await work(database);
    } catch (error) {
      throw storeFailure(error);
    }
  };
}
