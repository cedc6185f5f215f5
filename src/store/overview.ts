import { sql } from 'kysely';
import { z } from 'zod';
import { asHostName, asProposalId, asRunId } from '../base/ids.ts';
import type { OverviewStore, ProposalQuery, TroubledHost } from '../engine/overview-store.ts';
import { parseRow, ProposalRow, RunHostRow } from './rows.ts';
import type { Executor } from './schema.ts';
import type { Query } from './transact.ts';

/** What runs, waits and is in trouble, over all runs. */
export function createOverviewStore(query: Query): OverviewStore {
  return {
    stamp: () => query(stamp),
    proposals: (wanted) => query((db) => selectProposals(db, wanted)),
    troubled: (since) => query((db) => selectTroubled(db, since)),
  };
}

/** Every difference of a run, its hosts, proposals and reviews makes a revision grow. */
async function stamp(db: Executor): Promise<string> {
  const { runs, revisions } = await db
    .selectFrom('runs')
    .select(({ fn }) => [fn.countAll<number>().as('runs'), fn.sum<number | null>('revision').as('revisions')])
    .executeTakeFirstOrThrow();
  return `${runs} ${revisions ?? 0}`;
}

async function selectProposals(db: Executor, { states, order, limit }: ProposalQuery) {
  const wanted = db.selectFrom('proposals').where('proposals.state', 'in', states);
  const { total } = await wanted.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const last = sql<number>`(select max(updated_at) from attempts where attempts.proposal_id = proposals.id)`;
  const rows = await wanted
    .selectAll('proposals')
    .$if(order === 'expiry', (some) => some.orderBy('expires_at'))
    .$if(order === 'latest', (some) => some.orderBy(last, 'desc'))
    .orderBy('run_id', 'desc')
    .orderBy('number')
    .limit(limit)
    .execute();
  return { first: rows.map((row) => parseRow(ProposalRow, row, 'proposals')), total: Number(total) };
}

const TroubledRow = z.object({ run_id: z.number(), host: z.string(), runbook: z.string(), at: z.number() });

async function selectTroubled(db: Executor, since: number): Promise<TroubledHost[]> {
  const rows = await db
    .selectFrom('run_hosts')
    .innerJoin(
      db
        .selectFrom('run_hosts')
        .innerJoin('runs', 'runs.id', 'run_hosts.run_id')
        .select(({ fn }) => ['run_hosts.host', fn.max('run_hosts.run_id').as('run_id')])
        .where('runs.state', '=', 'finished')
        .where('runs.created_at', '>=', since)
        .groupBy('run_hosts.host')
        .as('last'),
      (join) => join.onRef('last.host', '=', 'run_hosts.host').onRef('last.run_id', '=', 'run_hosts.run_id'),
    )
    .innerJoin('runs', 'runs.id', 'run_hosts.run_id')
    .selectAll('run_hosts')
    .select(({ fn }) => ['runs.runbook', fn.coalesce('runs.finished_at', 'runs.created_at').as('at')])
    .where((where) =>
      where.or([
        where('run_hosts.outcome', '!=', 'ok'),
        where.exists(
          where
            .selectFrom('findings')
            .select('findings.position')
            .whereRef('findings.run_id', '=', 'run_hosts.run_id')
            .whereRef('findings.host', '=', 'run_hosts.host')
            .where('findings.severity', '=', 'critical'),
        ),
      ]),
    )
    .orderBy('run_hosts.run_id', 'desc')
    .orderBy('run_hosts.position')
    .execute();
  return Promise.all(rows.map((row) => troubledHost(db, row)));
}

async function troubledHost(db: Executor, row: unknown): Promise<TroubledHost> {
  const { run_id, host, runbook, at } = parseRow(TroubledRow, row, 'run_hosts');
  const { outcome, detail } = parseRow(RunHostRow, row, 'run_hosts');
  const critical = await db
    .selectFrom('findings')
    .select('title')
    .where('run_id', '=', run_id)
    .where('host', '=', host)
    .where('severity', '=', 'critical')
    .orderBy('position')
    .execute();
  const proven = await db
    .selectFrom('attempts')
    .innerJoin('proposals', 'proposals.id', 'attempts.proposal_id')
    .select('proposals.id')
    .where('proposals.run_id', '=', run_id)
    .where('attempts.host', '=', host)
    .where('attempts.state', '=', 'proven')
    .orderBy('proposals.number')
    .executeTakeFirst();
  return {
    host: asHostName(host),
    run: asRunId(run_id),
    runbook,
    outcome: outcome ?? 'unknown',
    detail: outcome === 'ok' ? null : detail,
    critical: critical.map(({ title }) => title),
    proven: proven ? asProposalId(proven.id) : null,
    at,
  };
}
