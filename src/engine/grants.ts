import { formatDuration } from '../base/duration.ts';
import { mintGrant, mintSettlingGrant, mintUndoGrant } from './approval.ts';
import type { EngineContext } from './context.ts';
import type { ApprovalGrant } from './grant.ts';
import type { Proposal, UndoRequest } from './model.ts';

type Mint = typeof mintGrant;

/** The grant that the stored approvals give at this moment; none while a freeze is in force, unless glass was broken. */
export async function currentGrant(context: EngineContext, proposal: Proposal): Promise<ApprovalGrant | undefined> {
  if (await freezeOver(context, proposal)) return undefined;
  const grant = await minted(context, proposal, mintGrant);
  return grant && grant.expiresAt > context.clock.now() ? grant : undefined;
}

/** A grant, or why there is none: "the stored approvals do not suffice". */
export type GrantOrLack = { readonly grant: ApprovalGrant } | { readonly lacking: string };

/** The grant for confirming or taking back what was begun under the stored approvals. */
export async function settlingGrant(context: EngineContext, proposal: Proposal): Promise<GrantOrLack> {
  const grant = await minted(context, proposal, mintSettlingGrant);
  return grant ? inTime(grant, context, 'its approval ended') : { lacking: 'the stored approvals do not suffice' };
}

/** The grant for what the last person asked to have undone. */
export async function undoGrant(
  context: EngineContext,
  proposal: Proposal,
  request: UndoRequest,
): Promise<GrantOrLack> {
  await context.policy.refresh();
  const grant = mintUndoGrant(proposal, request, context.policy);
  return grant
    ? inTime(grant, context, 'the time to begin the undo ended')
    : { lacking: `${request.person} may not undo it any more` };
}

function inTime(grant: ApprovalGrant, { clock }: EngineContext, ended: string): GrantOrLack {
  const agoMs = clock.now() - grant.expiresAt;
  return agoMs < 0 ? { grant } : { lacking: `${ended} ${formatDuration(agoMs)} ago` };
}

/** Why nothing may be begun under a proposal now, as a sentence; undefined when it may. */
export async function obstacleTo(context: EngineContext, proposal: Proposal): Promise<string | undefined> {
  if (proposal.expiresAt <= context.clock.now()) return 'The approval expired before this host was reached.';
  const freeze = await freezeOver(context, proposal);
  if (freeze) return `The freeze "${freeze.name}" is in force until ${freeze.untilText}.`;
  if (await currentGrant(context, proposal)) return undefined;
  const stricter = context.policy.stricterNow(proposal);
  return `The approvals do not suffice any more${stricter === undefined ? '' : `: ${stricter}`}.`;
}

async function freezeOver({ store, policy, clock }: EngineContext, { id, plan }: Proposal) {
  const freeze = policy.freezeOf(
    plan.hosts.map(({ host }) => host),
    clock.now(),
  );
  return freeze && ((await store.brokenGlass.of(id)) ? undefined : freeze);
}

async function minted(
  { store, policy }: EngineContext,
  proposal: Proposal,
  mint: Mint,
): Promise<ApprovalGrant | undefined> {
  await policy.refresh();
  const approvals = await store.changes.approvals(proposal.id);
  const brokenGlass = await store.brokenGlass.of(proposal.id);
  const run = await store.runs.find(proposal.runId);
  return run && mint({ proposal, approvals, brokenGlass, runbookVersion: run.runbookVersion }, policy);
}
