import { digestOf } from '../base/digest.ts';
import type { HostName, PersonName, ProposalId } from '../base/ids.ts';
import type { BrokenGlass } from './broken-glass.ts';
import type { ApprovalGrant } from './grant.ts';
import type { Approval, ChangePlan, Proposal, UndoRequest } from './model.ts';
import type { Policy } from './policy.ts';

/** What one approval stands for: the plan, its hosts in order, the runbook's version and the facts the plan rests on. */
export function proposalDigest(proposal: ProposalId, plan: ChangePlan, runbookVersion: string): string {
  const { left: _left, ...promised } = plan;
  return digestOf({ proposal, ...promised, runbookVersion });
}

/** What is stored about a proposal that a grant depends on. */
export interface Approved {
  readonly proposal: Proposal;
  readonly approvals: readonly Approval[];
  /** The version of the runbook whose run made the proposal. */
  readonly runbookVersion: string;
  /** The stored row that stands for the approvals that are missing; undefined when nobody broke glass. */
  readonly brokenGlass: BrokenGlass | undefined;
}

/**
 * The grant that stored approvals give now, or undefined when they do not suffice. Only people who may approve today
 * count, the requester never does, and only approvals of the digest that the stored plan really has; none count where the
 * policy wants more by now than the proposal has. Glass that somebody broke who may do so today counts as all of them.
 */
export function mintGrant(approved: Approved, policy: Policy): ApprovalGrant | undefined {
  const { proposal } = approved;
  const approvers = policy.stricterNow(proposal) === undefined ? policy.approversBeside(proposal) : [];
  const allowed = new Set(approvers.map((person) => person.name));
  const today = { approves: (name: PersonName) => allowed.has(name), breaks: policy.mayBreakGlass };
  return isApproved(approved, today) ? grant(proposal, proposal.expiresAt) : undefined;
}

/** Whose word counts. */
interface Electorate {
  approves(name: PersonName): boolean;
  breaks(name: PersonName): boolean;
}

function isApproved({ proposal, approvals, runbookVersion, brokenGlass }: Approved, who: Electorate): boolean {
  const { id, digest, plan, expiresAt, requester, neededApprovals } = proposal;
  if (digest !== proposalDigest(id, plan, runbookVersion)) return false;
  if (approvals.some(({ verdict }) => verdict === 'reject')) return false;
  if (brokenGlass && isGlassBroken(proposal, brokenGlass) && who.breaks(brokenGlass.person)) return true;
  const counting = approvals.filter(
    (approval) =>
      approval.digest === digest &&
      approval.person !== requester &&
      approval.at < expiresAt &&
      who.approves(approval.person),
  );
  return new Set(counting.map(({ person }) => person)).size >= neededApprovals;
}

function isGlassBroken({ id, digest, expiresAt }: Proposal, glass: BrokenGlass): boolean {
  return glass.proposal === id && glass.digest === digest && glass.at < expiresAt;
}

/**
 * The grant for ending what was begun under an approval: confirming it on the host, or taking it back. It outlives the
 * proposal, because a change that was begun in its last minute has to be ended, too; and the roles of those who approved,
 * which were asked when it was begun: a Slack that does not answer meanwhile must not leave a host half-way.
 */
export function mintSettlingGrant(approved: Approved): ApprovalGrant | undefined {
  const { proposal } = approved;
  if (!isApproved(approved, { approves: () => true, breaks: () => true })) return undefined;
  return grant(proposal, proposal.expiresAt + UNDO_WINDOW_MS);
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
