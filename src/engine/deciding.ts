import { crashPoint } from '../base/crash-point.ts';
import { OperatorError } from '../base/error.ts';
import { asProposalId } from '../base/ids.ts';
import type { EngineContext } from './context.ts';
import { refusedDecision } from './decision-refusals.ts';
import type { Asker } from './asker.ts';
import type { Proposal } from './model.ts';
import { auditingRefusal } from './refusals.ts';

/** A yes or no to a proposal. The digest is what the person saw; undefined = what is stored now, for people who read it there. */
export interface DecisionRequest extends Asker {
  readonly proposal: string;
  readonly verdict: 'approve' | 'reject';
  readonly digest: string | undefined;
  readonly reason: string | null;
  /** What the person typed to confirm an approval that asks for it; absent or null = nothing. */
  readonly typed?: string | null;
}

/** A wish to take a change back. */
export interface UndoWish extends Asker {
  readonly proposal: string;
  readonly reason: string | null;
  /** What the person saw; undefined = whatever is stored now. */
  readonly digest?: string | undefined;
}

/** Records a verdict. Throws policy/* or state/* when it does not count; that is recorded, too. */
export async function decide(context: EngineContext, request: DecisionRequest): Promise<Proposal> {
  const { person, surface, verdict, reason, typed } = request;
  const decided = await auditingRefusal(context, denial(request), async () => {
    const proposal = await requireProposal(context, request.proposal);
    await requireMayDecide(context, request, proposal);
    if (verdict === 'approve') requireTyped(proposal, typed ?? null);
    const digest = request.digest ?? proposal.digest;
    const approval = { proposal: proposal.id, digest, person, verdict, reason, surface, at: context.clock.now() };
    const result = await context.store.changes.decide(approval);
    if (result.kind === 'refused') throw refusedDecision(result, proposal);
    return result.proposal;
  });
  crashPoint('decide.after-recorded');
  return decided;
}

/**
 * Whether an approval of this person could count now, before they are asked to confirm it. Throws what `decide` would,
 * and records it.
 */
export async function requireMayApprove(
  context: EngineContext,
  request: Asker & Pick<DecisionRequest, 'proposal' | 'digest'>,
): Promise<Proposal> {
  return auditingRefusal(context, denial({ ...request, verdict: 'approve' }), async () => {
    const proposal = await requireProposal(context, request.proposal);
    await requireMayDecide(context, { ...request, verdict: 'approve' }, proposal);
    const because =
      proposal.digest === (request.digest ?? proposal.digest) ? notOpen(context, proposal) : 'other_digest';
    if (because !== undefined) throw refusedDecision({ kind: 'refused', because, proposal }, proposal);
    return proposal;
  });
}

function notOpen({ clock }: EngineContext, { state, expiresAt }: Proposal): 'expired' | 'not_open' | undefined {
  if (state === 'open') return expiresAt <= clock.now() ? 'expired' : undefined;
  return state === 'expired' ? 'expired' : 'not_open';
}

function denial({ person, surface, proposal, verdict, digest }: Omit<DecisionRequest, 'reason'>) {
  const body = { verdict, digest: digest ?? null };
  return { actor: person, surface, event: 'decision.denied', subject: `proposal:${proposal}`, body };
}

async function requireMayDecide(
  { policy, clock }: EngineContext,
  { person, verdict }: Pick<DecisionRequest, 'person' | 'verdict'>,
  proposal: Proposal,
): Promise<void> {
  await policy.refresh();
  policy.requireMayDecide(person, proposal, verdict, clock.now());
}

/** A change that is dangerous is approved by typing its name, so that nobody does it in passing. */
function requireTyped({ id, plan }: Proposal, typed: string | null): void {
  if (plan.typed.length === 0 || typed?.trim() === id) return;
  throw new OperatorError('policy/unconfirmed', {
    message: typed === null ? `${id} has to be confirmed by typing its name` : `"${typed.trim()}" is not ${id}`,
    hint: `Type ${id} to approve it (on the command line: --confirm ${id}). Why: ${plan.typed.join('; ')}.`,
  });
}

/** Asks to take a change back. Throws policy/* or state/*; that is recorded, too. */
export async function requestUndo(context: EngineContext, request: UndoWish): Promise<Proposal> {
  const { person, surface, reason, digest } = request;
  const wish = { actor: person, surface, event: 'undo.denied', subject: `proposal:${request.proposal}` };
  const undoing = await auditingRefusal(context, { ...wish, body: { reason } }, async () => {
    const proposal = await requireProposal(context, request.proposal);
    requireSame(proposal, digest);
    await context.policy.refresh();
    context.policy.requireMayUndo(person, proposal);
    const undo = { proposal: proposal.id, person, reason, surface, at: context.clock.now() };
    return (await context.store.changes.requestUndo(undo)) ?? cannotUndo(await latest(context, proposal));
  });
  crashPoint('undo.after-requested');
  return undoing;
}

/** The stored proposal. Throws request/unknown-proposal. */
export async function requireProposal({ store }: EngineContext, id: string): Promise<Proposal> {
  const proposal = await store.changes.find(asProposalId(id));
  if (proposal) return proposal;
  throw new OperatorError('request/unknown-proposal', {
    message: `there is no proposal ${id}`,
    hint: 'A proposal is named after its run, for example 41-1.',
  });
}

/** A button may outlive its store: after a fresh start, another proposal has the same number. Throws state/stale. */
export function requireSame({ id, digest }: Proposal, seen: string | undefined): void {
  if (seen === undefined || seen === digest) return;
  throw new OperatorError('state/stale', {
    message: `${id} is not the change that this button was made for`,
    hint: 'Use the buttons of the latest message.',
  });
}

async function latest({ store }: EngineContext, proposal: Proposal): Promise<Proposal> {
  return (await store.changes.find(proposal.id)) ?? proposal;
}

function cannotUndo(proposal: Proposal): never {
  throw new OperatorError('state/not-applicable', {
    message: `${proposal.id} cannot be undone: it is ${proposal.state.replaceAll('_', ' ')}`,
    hint: 'Only a change that was made on at least one host can be undone, once it has come to an end.',
  });
}
