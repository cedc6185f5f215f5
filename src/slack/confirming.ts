import { OperatorError } from '../base/error.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import { proposalOf } from './clicked.ts';
import { type Modals, openOnce } from './modals.ts';
import type { Notifier } from './notifier.ts';
import type { ClickPayload } from './payload/click.ts';
import { parseConfirmMetadata, type SubmissionPayload } from './payload/submission.ts';
import { CONFIRM, renderConfirmation } from './views/confirm.ts';
import { refusedDialog } from './views/dialog.ts';

/** What typed confirmations work with. */
export interface ConfirmDeps {
  readonly engine: Engine;
  readonly notifier: Notifier;
}

/**
 * Answers a click on the button of a change that is approved by typing its name. A trigger lives three seconds, so the
 * modal is opened first; who clicked is asked then, and told in the modal when an approval of theirs would not count.
 * Throws OperatorError when there is nothing to show.
 */
export async function askForConfirmation(
  { engine }: ConfirmDeps,
  click: ClickPayload,
  modals: Modals,
  asker: () => Promise<Asker>,
): Promise<void> {
  const clicked = proposalOf(click);
  const stored = await engine.proposal(clicked.proposal);
  const view = await openOnce(modals, click.delivery, renderConfirmation(stored, click.channel));
  try {
    await engine.requireMayApprove({ ...(await asker()), ...clicked });
  } catch (error) {
    if (!(error instanceof OperatorError) || view === undefined) throw error;
    await modals.update(view, refusedDialog(error));
  }
}

/** What was typed, and on what. */
export interface Confirmation {
  readonly proposal: string;
  readonly digest: string;
  readonly channel: string | null;
  readonly typed: string;
  /** What to say under the input when it is not the stored proposal's name; undefined = it is. */
  readonly problem: string | undefined;
}

/** Reads a submission and compares what was typed with the stored proposal; nothing in the view is believed. */
export async function readConfirmation({ engine }: ConfirmDeps, sent: SubmissionPayload): Promise<Confirmation> {
  const metadata = parseConfirmMetadata(sent.metadata) ?? damaged();
  const typed = sent.entered(CONFIRM.block, CONFIRM.action) ?? '';
  const { id } = await engine.proposal(metadata.proposal);
  return { ...metadata, typed, problem: typed.trim() === id ? undefined : `This is not ${id}. Type it as it is.` };
}

/** Approves what was confirmed. Throws OperatorError, for the person who sent it, when it does not count. */
export async function approveConfirmed(
  { engine, notifier }: ConfirmDeps,
  { proposal, digest, typed }: Confirmation,
  asker: Asker,
): Promise<void> {
  const { runId } = await engine.decide({ ...asker, proposal, digest, typed, verdict: 'approve', reason: null });
  await notifier.show(runId);
}

function damaged(): never {
  throw new OperatorError('request/invalid', {
    message: 'this dialog is not one of mine',
    hint: 'Use the buttons of the latest message.',
  });
}
