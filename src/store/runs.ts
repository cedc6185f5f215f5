import { sql } from 'kysely';
import { asRunId, type HostName, type RunId } from '../base/ids.ts';
import type { AuditEntry, Conclusion, HostAnswerRecord, Lease, NewRun, RunStore } from '../engine/ports.ts';
import { appendAudit } from './audit.ts';
import { loadHistory } from './history.ts';
import { requireLease } from './leases.ts';
import { FactRow, FindingRow, NotConcludedRow, parseRow, RunHostRow, RunRow, StepRow } from './rows.ts';
import type { Executor } from './schema.ts';
import type { Query, Transact } from './transact.ts';

/** Runs and what belongs to them. */
export function createRunStore(query: Query, transact: Transact): RunStore {
  return {
    create: (run) => transact((db) => createRun(db, run)),
    find: (id) =>
      query(async (db) => {
        const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
        return row && parseRow(RunRow, row, 'runs');
      }),
    hosts: (id) =>
      query(async (db) =>
        (await db.selectFrom('run_hosts').selectAll().where('run_id', '=', id).orderBy('position').execute()).map(
          (row) => parseRow(RunHostRow, row, 'run_hosts'),
        ),
      ),
    steps: (id) =>
      query(async (db) =>
        (
          await db
            .selectFrom('steps')
            .selectAll()
            .where('run_id', '=', id)
            .orderBy('host')
            .orderBy('position')
            .execute()
        ).map((row) => parseRow(StepRow, row, 'steps')),
      ),
    facts: (id) => query((db) => selectFacts(db, id)),
    findings: (id) =>
      query(async (db) =>
        (await db.selectFrom('findings').selectAll().where('run_id', '=', id).orderBy('position').execute()).map(
          (row) => parseRow(FindingRow, row, 'findings'),
        ),
      ),
    notConcluded: (id) =>
      query(async (db) =>
        (await db.selectFrom('not_concluded').selectAll().where('run_id', '=', id).orderBy('position').execute()).map(
          (row) => parseRow(NotConcludedRow, row, 'not_concluded'),
        ),
      ),
    unfinished: () =>
      query(async (db) =>
        (await db.selectFrom('runs').select('id').where('state', '=', 'reading').orderBy('id').execute()).map(
          ({ id }) => asRunId(id),
        ),
      ),
    history: (wanted) => query((db) => loadHistory(db, wanted)),
    progressed: (id, host, step, at) => transact((db) => saveProgress(db, id, { host, step, at })),
    answered: (id, answer, lease) => transact((db) => saveAnswer(db, id, answer, lease)),
    conclude: (id, conclusion, lease) => transact((db) => saveConclusion(db, id, conclusion, lease)),
    end: (id, state, detail, audit) => transact((db) => endRun(db, id, state, detail, audit)),
  };
}

/** Makes a run's revision grow; whoever shows it looks again. */
export async function bumpRevision(db: Executor, id: RunId): Promise<void> {
  await db.updateTable('runs').set({ revision: sql<number>`revision + 1` }).where('id', '=', id).execute();
}

async function createRun(db: Executor, run: NewRun): Promise<RunId> {
  const { hosts, params, runbookVersion, createdAt, ...fields } = run;
  const { id } = await db
    .insertInto('runs')
    .values({
      ...fields,
      params: JSON.stringify(params),
      runbook_version: runbookVersion,
      state: 'reading',
      detail: null,
      created_at: createdAt,
      finished_at: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const unanswered = {
    state: 'waiting',
    outcome: null,
    detail: null,
    current_step: null,
    step_since: null,
    started_at: null,
    finished_at: null,
  };
  await db
    .insertInto('run_hosts')
    .values(hosts.map((host, position) => ({ run_id: id, host, position, ...unanswered })))
    .execute();
  const body = { runbook: run.runbook, version: runbookVersion, params, selector: run.selector, hosts };
  await appendAudit(db, {
    event: 'run.started',
    actor: run.requester,
    surface: run.surface,
    subject: `run:${id}`,
    at: createdAt,
    body,
  });
  return asRunId(id);
}

async function selectFacts(db: Executor, id: RunId) {
  const rows = await db
    .selectFrom('facts')
    .innerJoin('run_hosts', (join) =>
      join.onRef('run_hosts.run_id', '=', 'facts.run_id').onRef('run_hosts.host', '=', 'facts.host'),
    )
    .select(['facts.host', 'facts.probe', 'facts.at', 'facts.body'])
    .where('facts.run_id', '=', id)
    .orderBy('run_hosts.position')
    .execute();
  return rows.map((row) => parseRow(FactRow, row, 'facts'));
}

interface Progress {
  readonly host: HostName;
  readonly step: string | null;
  readonly at: number;
}

async function saveProgress(db: Executor, id: RunId, { host, step, at }: Progress): Promise<void> {
  const result = await db
    .updateTable('run_hosts')
    .set((fields) => ({
      state: 'reading',
      current_step: step,
      step_since: at,
      started_at: fields.fn.coalesce('started_at', fields.val(at)),
    }))
    .where('run_id', '=', id)
    .where('host', '=', host)
    .where('state', '!=', 'answered')
    .executeTakeFirst();
  if (result.numUpdatedRows > 0n) await bumpRevision(db, id);
}

async function saveAnswer(db: Executor, id: RunId, answer: HostAnswerRecord, lease: Lease): Promise<void> {
  await requireLease(db, lease);
  const { host, outcome, detail, finishedAt, steps, facts, numbers } = answer;
  const result = await db
    .updateTable('run_hosts')
    .set({ state: 'answered', outcome, detail, current_step: null, step_since: null, finished_at: finishedAt })
    .where('run_id', '=', id)
    .where('host', '=', host)
    .where('state', '!=', 'answered')
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) return;
  const stepRows = steps.map(({ exitCode, durationMs, droppedBytes, ...step }, position) => {
    return {
      run_id: id,
      host,
      position,
      exit_code: exitCode,
      duration_ms: Math.round(durationMs),
      dropped_bytes: droppedBytes,
      ...step,
    };
  });
  if (stepRows.length > 0) await db.insertInto('steps').values(stepRows).execute();
  const factRows = facts.map(({ probe, fact }) => ({
    run_id: id,
    host,
    probe,
    at: finishedAt,
    body: JSON.stringify(fact),
  }));
  if (factRows.length > 0) await db.insertInto('facts').values(factRows).execute();
  const numberRows = Object.entries(numbers).map(([name, value]) => ({
    host,
    name,
    at: finishedAt,
    value,
    run_id: id,
  }));
  if (numberRows.length > 0)
    await db
      .insertInto('fact_numbers')
      .values(numberRows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  await bumpRevision(db, id);
}

async function saveConclusion(db: Executor, id: RunId, conclusion: Conclusion, lease: Lease): Promise<boolean> {
  await requireLease(db, lease);
  const { findings, notConcluded, proposals, at } = conclusion;
  if (!(await leaveReading(db, id, { state: 'finished', detail: null, finished_at: at }))) return false;
  const findingRows = findings.map(({ host, finding }, position) => {
    return {
      run_id: id,
      position,
      host,
      rule: finding.rule,
      severity: finding.severity,
      title: finding.title,
      body: JSON.stringify(finding),
    };
  });
  if (findingRows.length > 0) await db.insertInto('findings').values(findingRows).execute();
  const openRows = notConcluded.map(({ host, rule, because }, position) => ({
    run_id: id,
    position,
    host,
    rule,
    because,
  }));
  if (openRows.length > 0) await db.insertInto('not_concluded').values(openRows).execute();
  for (const planned of proposals) await insertProposal(db, planned);
  const body = {
    findings: findings.length,
    proposals: proposals.map(({ proposal }) => ({ id: proposal.id, digest: proposal.digest })),
  };
  await appendAudit(db, {
    event: 'run.finished',
    actor: 'countersign',
    surface: 'engine',
    subject: `run:${id}`,
    at,
    body,
  });
  return true;
}

async function insertProposal(db: Executor, { proposal, attempts }: Conclusion['proposals'][number]): Promise<void> {
  const { runId, neededApprovals, createdAt, expiresAt, plan, ...fields } = proposal;
  await db
    .insertInto('proposals')
    .values({
      ...fields,
      run_id: runId,
      plan: JSON.stringify(plan),
      needed_approvals: neededApprovals,
      created_at: createdAt,
      expires_at: expiresAt,
    })
    .execute();
  const rows = attempts.map(({ id, host, state, updatedAt }, position) => {
    return {
      id,
      proposal_id: proposal.id,
      position,
      host,
      state,
      detail: null,
      before_facts: null,
      updated_at: updatedAt,
      applied_at: null,
    };
  });
  await db.insertInto('attempts').values(rows).execute();
}

async function endRun(db: Executor, id: RunId, state: string, detail: string, audit: AuditEntry): Promise<boolean> {
  if (!(await leaveReading(db, id, { state, detail, finished_at: audit.at }))) return false;
  await appendAudit(db, audit);
  return true;
}

/** Compare-and-set out of `reading`; false when somebody else was first. */
async function leaveReading(
  db: Executor,
  id: RunId,
  values: { state: string; detail: string | null; finished_at: number },
): Promise<boolean> {
  const result = await db
    .updateTable('runs')
    .set({ ...values, revision: sql<number>`revision + 1` })
    .where('id', '=', id)
    .where('state', '=', 'reading')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
