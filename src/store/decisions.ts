import type { Approval, Proposal } from '../engine/model.ts';
import type { DecisionRefusal, DecisionResult } from '../engine/decision-result.ts';
import { transition } from '../engine/transition.ts';
import { appendAudit } from './audit.ts';
import { approvalsOf, findProposal, setState, viewOf } from './proposals.ts';
import { bumpRevision } from './runs.ts';
import type { Executor } from './schema.ts';

/** Records one verdict, and moves the proposal when it is decided by it. */
export async function decide(db: Executor, approval: Approval): Promise<DecisionResult> {
  const proposal = await findProposal(db, approval.proposal);
  if (!proposal) return { kind: 'refused', because: 'unknown', proposal: undefined };
  const earlier = await approvalsOf(db, proposal.id);
  const because = refusal(proposal, earlier, approval);
  if (because) return { kind: 'refused', because, proposal };
  const { proposal: proposal_id, ...fields } = approval;
  await db
    .insertInto('approvals')
    .values({ proposal_id, ...fields })
    .execute();
  const { verdict, person, surface, digest, reason, at } = approval;
  const event = verdict === 'approve' ? 'proposal.approved' : 'proposal.rejected';
  await appendAudit(db, {
    event,
    actor: person,
    surface,
    subject: `proposal:${proposal.id}`,
    at,
    body: { digest, reason },
  });
  const approvals = earlier.filter((other) => other.verdict === 'approve').length + (verdict === 'approve' ? 1 : 0);
  if (verdict === 'reject' || approvals >= proposal.neededApprovals) {
    const view = await viewOf(db, proposal);
    await setState(db, proposal, transition(view, { type: event }).state, verdict === 'reject' ? reason : null);
  }
  await bumpRevision(db, proposal.runId);
  return { kind: 'recorded', proposal: (await findProposal(db, proposal.id)) ?? proposal, approvals };
}

function refusal(proposal: Proposal, earlier: readonly Approval[], approval: Approval): DecisionRefusal | undefined {
  if (earlier.some(({ person }) => person === approval.person)) return 'decided_by_same_person';
  return whyRefused(proposal, approval);
}

/** Why nobody can decide a proposal in this form now; undefined when it waits for that. */
export function whyRefused(
  proposal: Proposal,
  { digest, at }: { readonly digest: string; readonly at: number },
): DecisionRefusal | undefined {
  if (proposal.state !== 'open') return proposal.state === 'expired' ? 'expired' : 'not_open';
  if (proposal.expiresAt <= at) return 'expired';
  return proposal.digest === digest ? undefined : 'other_digest';
}
