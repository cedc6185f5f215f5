import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { OperatorError } from '../base/error.ts';

/** What a migration run needs of a database connection; multi-statement SQL, one write transaction. */
export interface MigrationConnection {
  exec(sql: string): void;
  applied(): readonly { readonly name: string; readonly checksum: string }[];
  record(name: string, checksum: string): void;
  /** Runs `work` while no other process can migrate. */
  exclusively(work: () => void): void;
}

/**
 * Brings the schema up to date: applies the `NNNN-noun.sql` files that were not applied yet, in order, all or nothing.
 * Safe when several processes start at once. Throws store/migration-changed when an applied file was edited since, or
 * is not known here, because a newer version made the database.
 */
export function migrate(connection: MigrationConnection, directory: string): void {
  const files = readdirSync(directory)
    .filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name))
    .sort();
  connection.exclusively(() => {
    const applied = new Map(connection.applied().map(({ name, checksum }) => [name, checksum]));
    const unknown = [...applied.keys()].find((name) => !files.includes(name));
    if (unknown !== undefined) throw newer(unknown);
    for (const name of files) {
      const sql = readFileSync(join(directory, name), 'utf8');
      const checksum = sha256(sql);
      const before = applied.get(name);
      if (before === undefined) {
        connection.exec(sql);
        connection.record(name, checksum);
      } else if (before !== checksum) throw changed(name);
    }
  });
}

function changed(name: string): OperatorError {
  return new OperatorError('store/migration-changed', {
    message: `migration ${name} was applied in another form than the file has now`,
    hint: 'Restore the file as it was released, and put differences into a new migration.',
  });
}

function newer(name: string): OperatorError {
  return new OperatorError('store/migration-changed', {
    message: `the database has the migration ${name}, which this version does not know`,
    hint: 'Use the version that made it, or another database.',
  });
}
