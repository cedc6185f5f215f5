import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Clock, systemClock } from '../base/clock.ts';
import { isBusy, storeFailure } from './dialect/sqlite.ts';
import type { Database, Executor } from './schema.ts';

/**
 * Runs `work` in one transaction; inside it only the given executor may be used. Failures of the
 * medium become operator errors. `work` may run again when another process was in the way.
 */
export type Transact = <T>(work: (db: Executor) => Promise<T>) => Promise<T>;

/** How long work waits for another process to end its own, and the longest pause between two tries. */
const BUSY_MS = 10_000;
const LONGEST_PAUSE_MS = 25;

/** Transactions on this database. */
export function createTransact(database: Database, clock: Clock = systemClock): Transact {
  return (work) => patiently(clock, () => database.connection().execute((connection) => immediately(connection, work)));
}

/** A function whose reads all see the state at the first of them; other processes go on writing. */
export function createSnapshot(database: Database, clock: Clock = systemClock): Query {
  return (work) => patiently(clock, () => database.connection().execute((connection) => deferred(connection, work)));
}

/**
 * Tries again while another process holds the lock; whatever was begun has been rolled back by then. Waiting never blocks
 * this process: SQLite's own waiting would, for better-sqlite3 is synchronous, and Slack wants answers within seconds.
 */
async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const giveUpMs = clock.monotonicMs() + BUSY_MS;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || clock.monotonicMs() > giveUpMs) throw storeFailure(error);
    }
    await clock.sleep(pauseMs);
  }
}

/**
 * BEGIN IMMEDIATE takes the write lock at once, so that a second process waits at the start instead of failing when a read
 * turns into a write (sqlite.org/lang_transaction.html).
 */
async function immediately<T>(connection: Database, work: (db: Executor) => Promise<T>): Promise<T> {
  await sql`begin immediate`.execute(connection);
  return ending(connection, work);
}

/** A transaction that only reads keeps its snapshot in WAL mode and locks nobody out (sqlite.org/isolation.html). */
async function deferred<T>(connection: Database, work: (db: Executor) => Promise<T>): Promise<T> {
  await sql`begin deferred`.execute(connection);
  return ending(connection, work);
}

/**
 * Ends a transaction, then lets the event loop turn once before the next may begin: better-sqlite3 is synchronous, so that
 * a queue of transactions would otherwise hold up everything that arrives, such as deliveries that Slack wants acknowledged.
 */
async function ending<T>(connection: Database, work: (db: Executor) => Promise<T>): Promise<T> {
  try {
    const result = await work(connection);
    await sql`commit`.execute(connection);
    return result;
  } catch (error) {
    await sql`rollback`.execute(connection).catch(() => {});
    throw error;
  } finally {
    await setImmediate();
  }
}

/** A function that runs reads and names failures of the medium. */
export type Query = <T>(work: (db: Executor) => Promise<T>) => Promise<T>;

/** Reads on this database, outside a transaction. */
export function createQuery(database: Database, clock: Clock = systemClock): Query {
  return (work) => patiently(clock, () => work(database));
}
