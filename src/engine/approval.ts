import { digestOf } from '../base/digest.ts';
import type { HostName, ProposalId } from '../base/ids.ts';
import type { HostPlan } from '../remedies/remedy.ts';
import type { ApprovalGrant } from './grant.ts';
import type { Approval, ChangePlan, Proposal, UndoRequest } from './model.ts';
import type { Policy } from './policy.ts';

/** What one approval stands for: the plan, its hosts in order, the runbook's version and the facts the plan rests on. */
export function proposalDigest(proposal: ProposalId, plan: ChangePlan, runbookVersion: string): string {
  return digestOf({ proposal, remedy: plan.remedy, risk: plan.risk, hosts: plan.hosts, runbookVersion });
}

/** What one host's part of an approval stands for; compared before the host is touched. */
export function hostPlanDigest(plan: Pick<HostPlan, 'host' | 'actions' | 'basis'>): string {
  return digestOf({ host: plan.host, actions: plan.actions, basis: plan.basis });
}

/**
 * The grant that stored approvals give now, or undefined when they do not suffice. Only people who may approve today
 * count, the requester never does, and only approvals of this very digest.
 */
export function mintGrant(
  proposal: Proposal,
  approvals: readonly Approval[],
  policy: Policy,
): ApprovalGrant | undefined {
  const allowed = new Set(policy.approversBeside(proposal.requester).map((person) => person.name));
  const counting = approvals.filter(
    ({ verdict, digest, person, at }) =>
      verdict === 'approve' && digest === proposal.digest && allowed.has(person) && at <= proposal.expiresAt,
  );
  const rejected = approvals.some(({ verdict }) => verdict === 'reject');
  if (rejected || new Set(counting.map(({ person }) => person)).size < proposal.neededApprovals) return undefined;
  return grant(proposal, proposal.expiresAt);
}

/** How long after its request an undo may be started on a host. */
const UNDO_WINDOW_MS = 3_600_000;

/** The grant for taking back what an approved change did; the captured pre-image is all it can write. */
export function mintUndoGrant(proposal: Proposal, request: UndoRequest, policy: Policy): ApprovalGrant {
  policy.requireMayUndo(request.person, proposal);
  return grant(proposal, request.at + UNDO_WINDOW_MS);
}

function grant(proposal: Proposal, expiresAt: number): ApprovalGrant {
  const hosts: ReadonlySet<HostName> = new Set(proposal.plan.hosts.map((plan) => plan.host));
  return { proposal: proposal.id, digest: proposal.digest, hosts, expiresAt } as ApprovalGrant;
}
