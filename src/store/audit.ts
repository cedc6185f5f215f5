import { canonicalJson, sha256 } from '../base/digest.ts';
import { OperatorError } from '../base/error.ts';
import type { AuditHead } from '../engine/audit-chain.ts';
import type { AuditEntry } from '../engine/ports.ts';
import { AuditRow, parseRow } from './rows.ts';
import type { Executor, Tables } from './schema.ts';

/** The hash that the first entry follows. */
export const GENESIS = '0'.repeat(64);

/** A row of the chain as it is stored, its body as text. */
export type StoredEntry = Omit<Tables['audit'], 'seq'> & { seq: number };

/** The hash of an entry: over everything it says, its place, and the hash of the entry before it. */
export function hashOf({ seq, at, event, actor, surface, subject, body, previous }: Omit<StoredEntry, 'hash'>): string {
  return sha256(canonicalJson({ seq, at, event, actor, surface, subject, body, previous }));
}

/**
 * Adds an entry to the chain; call it inside the transaction of what it records. Throws store/audit-broken when the
 * chain does not end where it did: then nothing is done any more that could not be recorded truly.
 */
export async function appendAudit(db: Executor, entry: AuditEntry): Promise<void> {
  const last = await lastEntry(db);
  const head = await headOf(db);
  if (head?.seq !== last.seq || head.hash !== last.hash) throw broken();
  const { at, event, actor, surface, subject } = entry;
  const body = canonicalJson(entry.body);
  const row = { seq: last.seq + 1, at, event, actor, surface, subject, body, previous: last.hash };
  const hash = hashOf(row);
  await db
    .insertInto('audit')
    .values({ ...row, hash })
    .execute();
  await db.updateTable('audit_head').set({ seq: row.seq, hash }).where('id', '=', 1).execute();
}

/** The last row of the chain. */
export async function lastEntry(db: Executor): Promise<AuditHead> {
  const last = await db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return last ?? { seq: 0, hash: GENESIS };
}

/** The end of the chain as it is kept beside it; undefined when that was removed. */
export async function headOf(db: Executor): Promise<AuditHead | undefined> {
  return db.selectFrom('audit_head').select(['seq', 'hash']).where('id', '=', 1).executeTakeFirst();
}

/** Entries of a subject, oldest first. */
export async function auditOf(db: Executor, subject: string): Promise<AuditEntry[]> {
  const rows = await db.selectFrom('audit').selectAll().where('subject', '=', subject).orderBy('seq').execute();
  return rows.map((row) => parseRow(AuditRow, row, 'audit'));
}

function broken(): OperatorError {
  return new OperatorError('store/audit-broken', {
    message: 'the audit chain was changed by another hand, so nothing more is recorded or done',
    hint: 'See what differs with "countersign audit verify", and restore the database from a copy that is sound.',
  });
}
