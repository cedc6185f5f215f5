import { canonicalJson, sha256 } from '../base/digest.ts';
import type { AuditEntry } from '../engine/ports.ts';
import { AuditRow, parseRow } from './rows.ts';
import type { Executor } from './schema.ts';

/** The hash that the first entry follows. */
const GENESIS = '0'.repeat(64);

/** Adds an entry to the chain; call it inside the transaction of what it records. */
export async function appendAudit(db: Executor, entry: AuditEntry): Promise<void> {
  const last = await db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  const seq = (last?.seq ?? 0) + 1;
  const previous = last?.hash ?? GENESIS;
  const body = canonicalJson(entry.body);
  const { at, event, actor, surface, subject } = entry;
  const hash = sha256(canonicalJson({ seq, at, event, actor, surface, subject, body, previous }));
  await db.insertInto('audit').values({ seq, at, event, actor, surface, subject, body, previous, hash }).execute();
}

/** Entries of a subject, oldest first. */
export async function auditOf(db: Executor, subject: string): Promise<AuditEntry[]> {
  const rows = await db.selectFrom('audit').selectAll().where('subject', '=', subject).orderBy('seq').execute();
  return rows.map((row) => parseRow(AuditRow, row, 'audit'));
}
