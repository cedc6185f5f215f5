import { asProposalId } from '../../src/base/ids.ts';
import { processIdentity } from '../../src/base/process-identity.ts';
import { OperatorError } from '../../src/base/error.ts';
import { openStore } from '../../src/store/store.ts';
import { testApproval } from './change.ts';

/*
 * A second process on a store. argv: what to do, the store's file, and
 *   open [migrations]: opens and closes it
 *   decide PROPOSAL NAME COUNT: decides COUNT times under different names; prints how many were recorded
 *   hold MS: keeps the write lock that long, after printing "held"
 *   identity: prints this process's name
 */
const [, , what = '', path = '', ...rest] = process.argv;
try {
  if (what === 'identity') console.log(processIdentity());
  else await onStore();
} catch (error) {
  console.log(error instanceof OperatorError ? error.code : String(error));
  process.exitCode = 1;
}

async function onStore(): Promise<void> {
  if (what === 'hold') {
    const { default: SqliteDatabase } = await import('better-sqlite3');
    const database = new SqliteDatabase(path);
    database.exec('BEGIN IMMEDIATE');
    console.log('held');
    await new Promise((resolve) => setTimeout(resolve, Number(rest[0])));
    database.exec('COMMIT');
    return;
  }
  await using store = openStore(path, ...rest.slice(0, what === 'open' ? 1 : 0));
  if (what !== 'decide') return;
  const [id = '', name = '', count = ''] = rest;
  const proposal = await store.changes.find(asProposalId(id));
  if (!proposal) throw new Error('no proposal');
  const wishes = Array.from({ length: Number(count) }, (_, index) =>
    testApproval(proposal, `${name}-${index}`, { verdict: index % 2 ? 'reject' : 'approve' }),
  );
  const results = await Promise.all(wishes.map((wish) => store.changes.decide(wish)));
  console.log(results.filter(({ kind }) => kind === 'recorded').length);
}
