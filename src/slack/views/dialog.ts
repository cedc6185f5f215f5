import type { KnownBlock, ModalView } from '@slack/types';
import type { OperatorError } from '../../base/error.ts';
import { paragraph, plain, richText } from '../blocks.ts';
import { cutTo, LIMITS } from '../limits.ts';
import { renderError } from './answers.ts';

/** A dialog to read; Slack limits the title, and the blocks to 100. */
export function readingDialog(title: string, blocks: readonly KnownBlock[]): ModalView {
  return { ...dialog(title, blocks), close: { type: 'plain_text', text: 'Close' } };
}

/** A dialog to fill in and send. */
export function askingDialog(options: {
  readonly title: string;
  readonly callback: string;
  /** Checked where it comes back; it authorises nothing. */
  readonly metadata: string;
  readonly submit: string;
  readonly blocks: readonly KnownBlock[];
}): ModalView {
  const { title, callback, metadata, submit, blocks } = options;
  return {
    ...dialog(title, blocks),
    callback_id: callback,
    private_metadata: metadata,
    submit: { type: 'plain_text', text: submit },
    close: { type: 'plain_text', text: 'Back' },
  };
}

/** What is there at once, while a trigger lives, until the rest is looked up. */
export function waitingDialog(title: string): ModalView {
  return readingDialog(title, [richText(paragraph(plain('Looking it up …')))]);
}

/** The same dialog when it is not possible: why, and nothing to send. */
export function refusedDialog(error: Pick<OperatorError, 'located' | 'hint'>): ModalView {
  return readingDialog('Not possible', renderError(error).blocks);
}

function dialog(title: string, blocks: readonly KnownBlock[]) {
  const short = { type: 'plain_text', text: cutTo(title, LIMITS.modalTitle) } as const;
  return { type: 'modal', title: short, blocks: blocks.slice(0, LIMITS.viewBlocks) } as const;
}
