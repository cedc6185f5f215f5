import { asProposalId } from '../base/ids.ts';
import type { HistoryEntry, HistoryQuery } from '../engine/ports.ts';
import { parseRow, ProposalRow, RunHostRow, RunRow } from './rows.ts';
import type { Executor } from './schema.ts';

/** The worst severity first, as a number that SQL can order by. */
const SEVERITY_ORDER: Readonly<Record<string, number>> = { critical: 0, warning: 1, info: 2, ok: 3 };

/** Runs, newest first, with what came of them. */
export async function loadHistory(db: Executor, query: HistoryQuery): Promise<HistoryEntry[]> {
  const { host, runbook, since, limit } = query;
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .$if(host !== undefined, (runs) =>
      runs.where((where) =>
        where.exists(
          where
            .selectFrom('run_hosts')
            .select('run_hosts.host')
            .whereRef('run_hosts.run_id', '=', 'runs.id')
            .where('run_hosts.host', '=', host ?? ''),
        ),
      ),
    )
    .$if(runbook !== undefined, (runs) => runs.where('runbook', '=', runbook ?? ''))
    .$if(since !== undefined, (runs) => runs.where('created_at', '>=', since ?? 0))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return Promise.all(rows.map((row) => historyEntry(db, row)));
}

async function historyEntry(db: Executor, row: { id: number }): Promise<HistoryEntry> {
  const hosts = await db.selectFrom('run_hosts').selectAll().where('run_id', '=', row.id).orderBy('position').execute();
  const findings = await db
    .selectFrom('findings')
    .select(['severity', 'title'])
    .where('run_id', '=', row.id)
    .orderBy('position')
    .execute();
  const proposals = await db
    .selectFrom('proposals')
    .selectAll()
    .where('run_id', '=', row.id)
    .orderBy('number')
    .execute();
  const [worst] = findings.toSorted((a, b) => (SEVERITY_ORDER[a.severity] ?? 9) - (SEVERITY_ORDER[b.severity] ?? 9));
  return {
    run: parseRow(RunRow, row, 'runs'),
    hosts: hosts.map((host) => parseRow(RunHostRow, host, 'run_hosts')),
    worst: worst ?? null,
    findings: findings.length,
    proposals: proposals.map((proposal) => {
      const { id, plan, state } = parseRow(ProposalRow, proposal, 'proposals');
      return { id: asProposalId(id), title: plan.title, state };
    }),
  };
}
