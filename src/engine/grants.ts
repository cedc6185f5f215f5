import { mintGrant, mintSettlingGrant } from './approval.ts';
import type { EngineContext } from './context.ts';
import type { ApprovalGrant } from './grant.ts';
import type { Proposal } from './model.ts';

type Mint = typeof mintGrant;

/** The grant that the stored approvals give at this moment; none while a freeze is in force, unless glass was broken. */
export async function currentGrant(context: EngineContext, proposal: Proposal): Promise<ApprovalGrant | undefined> {
  return (await freezeOver(context, proposal)) === undefined ? minted(context, proposal, mintGrant) : undefined;
}

/** The grant for confirming or taking back what was begun under the stored approvals. */
export function settlingGrant(context: EngineContext, proposal: Proposal): Promise<ApprovalGrant | undefined> {
  return minted(context, proposal, mintSettlingGrant);
}

/** Why nothing may be begun under a proposal now, as a sentence; undefined when it may. */
export async function obstacleTo(context: EngineContext, proposal: Proposal): Promise<string | undefined> {
  if (proposal.expiresAt <= context.clock.now()) return 'The approval expired before this host was reached.';
  const freeze = await freezeOver(context, proposal);
  if (freeze) return `The freeze "${freeze.name}" is in force until ${freeze.untilText}.`;
  return (await currentGrant(context, proposal)) ? undefined : 'The approvals do not suffice any more.';
}

async function freezeOver({ store, policy, clock }: EngineContext, { id, plan }: Proposal) {
  const freeze = policy.freezeOf(
    plan.hosts.map(({ host }) => host),
    clock.now(),
  );
  return freeze && ((await store.brokenGlass.of(id)) ? undefined : freeze);
}

async function minted(
  { store, policy, clock }: EngineContext,
  proposal: Proposal,
  mint: Mint,
): Promise<ApprovalGrant | undefined> {
  await policy.refresh();
  const approvals = await store.changes.approvals(proposal.id);
  const brokenGlass = await store.brokenGlass.of(proposal.id);
  const run = await store.runs.find(proposal.runId);
  const grant = run && mint({ proposal, approvals, brokenGlass, runbookVersion: run.runbookVersion }, policy);
  return grant && grant.expiresAt > clock.now() ? grant : undefined;
}
