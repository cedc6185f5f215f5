import { OperatorError } from '../base/error.ts';
import type { Asker } from '../engine/asker.ts';
import { proposalOf } from './clicked.ts';
import type { ConfirmDeps } from './confirming.ts';
import { type Modals, openOnce } from './modals.ts';
import type { ClickPayload } from './payload/click.ts';
import { parseConfirmMetadata, type SubmissionPayload } from './payload/submission.ts';
import { refusedDialog } from './views/dialog.ts';
import { REJECT, renderRejection } from './views/reject.ts';

/**
 * Answers a click on Reject with a dialog that asks why. What cannot be rejected any more is refused at once. Throws
 * OperatorError when there is nothing to show.
 */
export async function askForReason(
  { engine, notifier }: ConfirmDeps,
  { click, modals, asker }: { readonly click: ClickPayload; readonly modals: Modals; asker(): Promise<Asker> },
): Promise<void> {
  const clicked = proposalOf(click);
  const stored = await engine.proposal(clicked.proposal);
  if (stored.state !== 'open' || stored.digest !== clicked.digest) {
    const { runId } = await engine.decide({ ...(await asker()), ...clicked, verdict: 'reject', reason: null });
    await notifier.show(runId);
    return;
  }
  const view = await openOnce(modals, click.delivery, renderRejection(stored, click.channel));
  try {
    await asker();
  } catch (error) {
    if (!(error instanceof OperatorError) || view === undefined) throw error;
    await modals.update(view, refusedDialog(error));
  }
}

/** What was sent: which proposal, and why. Undefined when the dialog is damaged. Nothing in it is believed but what it is about. */
export function readRejection(sent: SubmissionPayload) {
  const metadata = parseConfirmMetadata(sent.metadata);
  const reason = sent.entered(REJECT.block, REJECT.action)?.trim() ?? '';
  return metadata && { ...metadata, reason: reason === '' ? null : reason };
}

/** Rejects with the reason that was given. Throws OperatorError, for the person who sent it, when it does not count. */
export async function rejectWithReason(
  { engine, notifier }: ConfirmDeps,
  { proposal, digest, reason }: NonNullable<ReturnType<typeof readRejection>>,
  asker: Asker,
): Promise<void> {
  const { runId } = await engine.decide({ ...asker, proposal, digest, verdict: 'reject', reason });
  await notifier.show(runId);
}
