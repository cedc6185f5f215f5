import { type AuditHead, type AuditProblem, type AuditReport, formatHead } from '../engine/audit-chain.ts';
import { GENESIS, hashOf, headOf, type StoredEntry } from './audit.ts';
import type { Executor } from './schema.ts';

/** Rows that are looked at in one piece, so that a chain of any length fits into memory. */
const PIECE = 1000;

/**
 * Looks through the whole chain: every row must be the next one, follow the hash of the row before it and have the hash
 * of what it says; the last one must be where the chain ended according to the head beside it. Whoever can write the file
 * can make all of that fit again; a head that was noted down elsewhere (`expected`) shows that, too.
 */
export async function verifyAudit(db: Executor, expected: AuditHead | undefined): Promise<AuditReport> {
  let head: AuditHead = { seq: 0, hash: GENESIS };
  for (;;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', head.seq)
      .orderBy('seq')
      .limit(PIECE)
      .execute();
    for (const row of rows) {
      const wrong = wrongWith(row, head) ?? otherThan(expected, row);
      if (wrong) return wrong;
      head = { seq: row.seq, hash: row.hash };
    }
    if (rows.length < PIECE) break;
  }
  return (await wrongWithEnd(db, head, expected)) ?? { kind: 'sound', head };
}

function wrongWith(row: StoredEntry, { seq: before, hash: previous }: AuditHead): AuditReport | undefined {
  const seq = before + 1;
  if (row.seq !== seq)
    return broken(seq, 'missing', `Entry ${seq} is missing: ${row.seq} follows ${before === 0 ? 'nothing' : before}.`);
  if (row.hash !== hashOf(row))
    return broken(seq, 'altered', `Entry ${seq} is not as it was written: its hash does not fit what it says.`);
  if (row.previous !== previous)
    return broken(
      seq,
      'out_of_order',
      `Entry ${seq} does not follow entry ${before}: one of them was moved or replaced.`,
    );
  return undefined;
}

function otherThan(expected: AuditHead | undefined, { seq, hash }: AuditHead): AuditReport | undefined {
  if (expected?.seq !== seq || expected.hash === hash) return undefined;
  const words = `Entry ${seq} is another one than was noted down: the chain was written anew from there or before.`;
  return broken(seq, 'other_chain', words);
}

async function wrongWithEnd(
  db: Executor,
  end: AuditHead,
  expected: AuditHead | undefined,
): Promise<AuditReport | undefined> {
  const kept = await headOf(db);
  const next = end.seq + 1;
  if (!kept) return broken(next, 'truncated', 'The head that is kept beside the chain was removed.');
  if (kept.seq > end.seq)
    return broken(next, 'truncated', `Entries ${next} to ${kept.seq} are missing at the end of the chain.`);
  if (kept.seq < end.seq)
    return broken(
      kept.seq + 1,
      'added',
      `Entry ${kept.seq + 1} was added by another hand: the chain ended at ${kept.seq}.`,
    );
  if (kept.hash !== end.hash)
    return broken(
      end.seq,
      'altered',
      `Entry ${end.seq} is another one than the head ${formatHead(kept)} beside the chain.`,
    );
  if (expected && expected.seq > end.seq)
    return broken(next, 'truncated', `Entries ${next} to ${expected.seq} were there when the head was noted down.`);
  return undefined;
}

function broken(seq: number, problem: AuditProblem, words: string): AuditReport {
  return { kind: 'broken', seq, problem, words };
}
