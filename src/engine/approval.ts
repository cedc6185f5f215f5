import { digestOf } from '../base/digest.ts';
import type { HostName, ProposalId } from '../base/ids.ts';
import type { ApprovalGrant } from './grant.ts';
import type { Approval, ChangePlan, Proposal, UndoRequest } from './model.ts';
import type { Policy } from './policy.ts';

/** What one approval stands for: the plan, its hosts in order, the runbook's version and the facts the plan rests on. */
export function proposalDigest(proposal: ProposalId, plan: ChangePlan, runbookVersion: string): string {
  return digestOf({ proposal, remedy: plan.remedy, risk: plan.risk, hosts: plan.hosts, runbookVersion });
}

/** What is stored about a proposal that a grant depends on. */
export interface Approved {
  readonly proposal: Proposal;
  readonly approvals: readonly Approval[];
  /** The version of the runbook whose run made the proposal. */
  readonly runbookVersion: string;
}

/**
 * The grant that stored approvals give now, or undefined when they do not suffice. Only people who may approve today
 * count, the requester never does, and only approvals of the digest that the stored plan really has.
 */
export function mintGrant(
  { proposal, approvals, runbookVersion }: Approved,
  policy: Policy,
): ApprovalGrant | undefined {
  const { digest, plan, expiresAt } = proposal;
  if (digest !== proposalDigest(proposal.id, plan, runbookVersion)) return undefined;
  if (approvals.some(({ verdict }) => verdict === 'reject')) return undefined;
  const allowed = new Set(policy.approversBeside(proposal.requester).map((person) => person.name));
  const counting = approvals.filter(
    (approval) => approval.digest === digest && allowed.has(approval.person) && approval.at < expiresAt,
  );
  if (new Set(counting.map(({ person }) => person)).size < proposal.neededApprovals) return undefined;
  return grant(proposal, expiresAt);
}

/** How long after its request an undo may be started on a host. */
const UNDO_WINDOW_MS = 3_600_000;

/**
 * The grant for taking back what an approved change did; the captured pre-image is all it can write. Undefined when the
 * person may not undo it (any more).
 */
export function mintUndoGrant(proposal: Proposal, request: UndoRequest, policy: Policy): ApprovalGrant | undefined {
  return policy.mayUndo(request.person, proposal) ? grant(proposal, request.at + UNDO_WINDOW_MS) : undefined;
}

function grant(proposal: Proposal, expiresAt: number): ApprovalGrant {
  const hosts: ReadonlySet<HostName> = new Set(proposal.plan.hosts.map((plan) => plan.host));
  return { proposal: proposal.id, digest: proposal.digest, hosts, expiresAt } as ApprovalGrant;
}
