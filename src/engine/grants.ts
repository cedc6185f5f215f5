import { mintGrant, mintSettlingGrant } from './approval.ts';
import type { EngineContext } from './context.ts';
import type { ApprovalGrant } from './grant.ts';
import type { Proposal } from './model.ts';

type Mint = typeof mintGrant;

/** The grant that the stored approvals give at this moment. */
export function currentGrant(context: EngineContext, proposal: Proposal): Promise<ApprovalGrant | undefined> {
  return minted(context, proposal, mintGrant);
}

/** The grant for confirming or taking back what was begun under the stored approvals. */
export function settlingGrant(context: EngineContext, proposal: Proposal): Promise<ApprovalGrant | undefined> {
  return minted(context, proposal, mintSettlingGrant);
}

async function minted(
  { store, policy, clock }: EngineContext,
  proposal: Proposal,
  mint: Mint,
): Promise<ApprovalGrant | undefined> {
  const approvals = await store.changes.approvals(proposal.id);
  const run = await store.runs.find(proposal.runId);
  const grant = run && mint({ proposal, approvals, runbookVersion: run.runbookVersion }, policy);
  return grant && grant.expiresAt > clock.now() ? grant : undefined;
}
