import type { KnownBlock, ModalView } from '@slack/types';
import type { OperatorError } from '../../base/error.ts';
import { code, paragraph, plain, richText } from '../blocks.ts';
import { LIMITS } from '../limits.ts';
import { renderError } from './answers.ts';
import { type RunMessageInput, renderRunStatus } from './run.ts';

/** What modals may hold of what messages hold (docs.slack.dev/reference/block-kit/blocks). */
const IN_MODALS: readonly string[] = ['context', 'divider', 'header', 'image', 'rich_text', 'section'];

/** The modal that is there at once, until the run is looked up. */
export function renderRunModalWaiting(): ModalView {
  return modal('Show run', [richText(paragraph(plain('Looking it up …')))]);
}

/** A run and its proposals, for one person's eyes. */
export function renderRunModal(input: Omit<RunMessageInput, 'probes'>): ModalView {
  const { blocks } = renderRunStatus({ ...input, probes: [] });
  return modal(
    `Run ${input.view.run.id}`,
    blocks.filter(({ type }) => IN_MODALS.includes(type)),
  );
}

/** The answer about a message that shows no run. */
export function renderNoRun(command: string): ModalView {
  return modal('Show run', [
    richText(
      paragraph(
        plain('This is not one of my messages, so there is no run to show.\nRuns that I know: '),
        code(`${command} history`),
      ),
    ),
  ]);
}

/** The same modal for somebody to whom nothing is shown: why. */
export function renderRunModalRefused(error: Pick<OperatorError, 'located' | 'hint'>): ModalView {
  return modal('Show run', renderError(error).blocks);
}

function modal(title: string, blocks: readonly KnownBlock[]): ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: title.slice(0, LIMITS.modalTitle) },
    close: { type: 'plain_text', text: 'Close' },
    blocks: blocks.slice(0, LIMITS.viewBlocks),
  };
}
