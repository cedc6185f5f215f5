import type { ProposalId, RunId } from '../base/ids.ts';
import type { ChangeView } from '../engine/change.ts';
import type { Approval, Attempt, Proposal, UndoRequest } from '../engine/model.ts';
import { ApprovalRow, AttemptRow, parseRow, ProposalRow, UndoRequestRow } from './rows.ts';
import type { Executor } from './schema.ts';

/** The stored proposal. */
export async function findProposal(db: Executor, id: ProposalId): Promise<Proposal | undefined> {
  const row = await db.selectFrom('proposals').selectAll().where('id', '=', id).executeTakeFirst();
  return row && parseRow(ProposalRow, row, 'proposals');
}

/** The proposals of a run, in their order. */
export async function proposalsOfRun(db: Executor, id: RunId): Promise<Proposal[]> {
  const rows = await db.selectFrom('proposals').selectAll().where('run_id', '=', id).orderBy('number').execute();
  return rows.map((row) => parseRow(ProposalRow, row, 'proposals'));
}

/** The attempts of a proposal, in the order of its plan. */
export async function attemptsOf(db: Executor, id: ProposalId): Promise<Attempt[]> {
  const rows = await db.selectFrom('attempts').selectAll().where('proposal_id', '=', id).orderBy('position').execute();
  return rows.map((row) => parseRow(AttemptRow, row, 'attempts'));
}

/** What people decided, oldest first. */
export async function approvalsOf(db: Executor, id: ProposalId): Promise<Approval[]> {
  const rows = await db.selectFrom('approvals').selectAll().where('proposal_id', '=', id).orderBy('at').execute();
  return rows.map((row) => parseRow(ApprovalRow, row, 'approvals'));
}

/** Who asked to undo it, oldest first. */
export async function undoRequestsOf(db: Executor, id: ProposalId): Promise<UndoRequest[]> {
  const rows = await db.selectFrom('undo_requests').selectAll().where('proposal_id', '=', id).orderBy('id').execute();
  return rows.map((row) => parseRow(UndoRequestRow, row, 'undo_requests'));
}

/** Compare-and-set: a state is only left by whoever still sees it. */
export async function setState(
  db: Executor,
  proposal: Proposal,
  state: Proposal['state'],
  detail: string | null,
): Promise<void> {
  const result = await db
    .updateTable('proposals')
    .set({ state, detail })
    .where('id', '=', proposal.id)
    .where('state', '=', proposal.state)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) throw new Error(`${proposal.id} is not ${proposal.state} any more`);
}

/** A proposal and its attempts, as the transition sees them. */
export async function viewOf(db: Executor, proposal: Proposal): Promise<ChangeView> {
  const { id, state, plan } = proposal;
  return { state, attempts: await attemptsOf(db, id), rollout: plan.rollout };
}
