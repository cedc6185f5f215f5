import SqliteDatabase from 'better-sqlite3';
import { canonicalJson, sha256 } from '../../src/base/digest.ts';

interface Row {
  readonly seq: number;
  readonly previous: string;
  readonly hash: string;
  readonly [column: string]: unknown;
}

/** The number of entries of a store's audit chain, after each one's place, link and hash were worked out anew. */
export function verifiedAuditEntries(path: string): number {
  const database = new SqliteDatabase(path, { readonly: true });
  try {
    const rows = database.prepare<[], Row>('SELECT * FROM audit ORDER BY seq').all();
    let previous = '0'.repeat(64);
    for (const [index, row] of rows.entries()) {
      const { hash, ...hashed } = row;
      if (row.seq !== index + 1 || row.previous !== previous || hash !== sha256(canonicalJson(hashed)))
        throw new Error(`the audit chain is broken at ${row.seq}`);
      previous = hash;
    }
    return rows.length;
  } finally {
    database.close();
  }
}
