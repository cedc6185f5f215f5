import { crashPoint } from '../base/crash-point.ts';
import { OperatorError } from '../base/error.ts';
import type { BrokenGlass } from './broken-glass.ts';
import type { EngineContext } from './context.ts';
import { requireProposal, requireSame } from './deciding.ts';
import { refusedDecision } from './decision-refusals.ts';
import type { Asker } from './asker.ts';
import type { Proposal } from './model.ts';
import { auditingRefusal } from './refusals.ts';

/** A wish to have a proposal applied without the approvals that it lacks. */
export interface BreakGlassRequest extends Asker {
  readonly proposal: string;
  readonly reason: string;
  /** What the person saw; undefined = what is stored now. */
  readonly digest?: string | undefined;
}

/** What somebody found when they looked at broken glass. */
export interface ReviewRequest extends Asker {
  readonly proposal: string;
  readonly note: string;
}

/** A reason that says less than this says nothing. */
const SHORTEST_REASON = 10;
/** Far more than a reason needs; it is shown in Slack as it is. */
const LONGEST_TEXT = 2000;

/**
 * Breaks glass: the proposal is applied now, whoever asked for it and whatever freeze is in force. It is announced in the
 * policy's channel, and its review stays open until somebody else closes it. Throws policy/*, state/* or request/invalid;
 * that is recorded, too.
 */
export async function breakGlass(context: EngineContext, request: BreakGlassRequest): Promise<Proposal> {
  const { person, surface, digest } = request;
  const reason = request.reason.trim();
  const wish = { actor: person, surface, event: 'break-glass.denied', subject: `proposal:${request.proposal}` };
  const decided = await auditingRefusal(
    context,
    { ...wish, body: { reason: reason.slice(0, LONGEST_TEXT) } },
    async () => {
      const proposal = await requireProposal(context, request.proposal);
      requireSame(proposal, digest);
      await context.policy.refresh();
      context.policy.requireMayBreakGlass(person, proposal);
      requireReason(reason);
      const glass = {
        proposal: proposal.id,
        digest: proposal.digest,
        person,
        reason,
        surface,
        at: context.clock.now(),
      };
      const result = await context.store.brokenGlass.record(glass);
      if (result.kind === 'refused') throw refusedDecision(result, proposal);
      return result.proposal;
    },
  );
  crashPoint('break-glass.after-recorded');
  return decided;
}

function requireReason(reason: string): void {
  const length = [...reason].length;
  if (length >= SHORTEST_REASON && length <= LONGEST_TEXT) return;
  throw new OperatorError('request/invalid', {
    message: `a reason of ${SHORTEST_REASON} to ${LONGEST_TEXT} characters is needed to break glass`,
    hint: 'Say what is broken and why it cannot wait; others read it.',
  });
}

/**
 * Closes the review of broken glass. Whoever may approve the proposal may, but for the one who broke it. Throws policy/*,
 * state/not-applicable or request/invalid; that is recorded, too.
 */
export async function closeReview(context: EngineContext, request: ReviewRequest): Promise<BrokenGlass> {
  const { person, surface } = request;
  const note = request.note.trim();
  const subject = `proposal:${request.proposal}`;
  const wish = { actor: person, surface, event: 'review.denied', subject, body: { note: note.slice(0, LONGEST_TEXT) } };
  return auditingRefusal(context, wish, async () => {
    const proposal = await requireProposal(context, request.proposal);
    const glass = await context.store.brokenGlass.of(proposal.id);
    if (!glass) throw notBroken(proposal);
    await context.policy.refresh();
    requireMayReview(context, request, proposal, glass);
    if (note === '' || note.length > LONGEST_TEXT)
      throw new OperatorError('request/invalid', {
        message: `a note of 1 to ${LONGEST_TEXT} characters is needed to close a review`,
        hint: 'Say what you found.',
      });
    const closed = await context.store.brokenGlass.close(
      proposal.id,
      { person, note, at: context.clock.now() },
      surface,
    );
    return closed ?? alreadyReviewed(glass);
  });
}

function requireMayReview({ policy }: EngineContext, { person }: Asker, proposal: Proposal, glass: BrokenGlass): void {
  policy.person(person);
  if (person === glass.person)
    throw new OperatorError('policy/not-permitted', {
      message: `you broke the glass for ${proposal.id}, so somebody else has to review it`,
      hint: 'Whoever may approve the proposal may review it.',
    });
  if (policy.approversBeside(proposal).some(({ name }) => name === person)) return;
  throw new OperatorError('policy/not-permitted', {
    message: `${person} may not review ${proposal.id}`,
    hint: 'Whoever may approve the proposal may, but neither its requester nor the one who broke the glass.',
  });
}

function notBroken({ id }: Proposal): OperatorError {
  return new OperatorError('state/not-applicable', {
    message: `nobody broke glass for ${id}`,
    hint: 'There is nothing to review.',
  });
}

function alreadyReviewed({ proposal, review }: BrokenGlass): never {
  throw new OperatorError('state/not-applicable', {
    message: `the review of ${proposal} is closed${review ? ` by ${review.person}` : ''} already`,
    hint: 'There is nothing more to do.',
  });
}
