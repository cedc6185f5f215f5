import type { KnownBlock, ModalView } from '@slack/types';
import { shorten } from '../../base/plain-text.ts';
import type { Proposal } from '../../engine/model.ts';
import { bold, escapeText, paragraph, plain, richText } from '../blocks.ts';
import { withinLimits } from '../limits.ts';
import { askingDialog } from './dialog.ts';
import { planBlocksOf } from './proposal.ts';

/** The modal's callback, and where in its state the typed text is. */
export const CONFIRM = { callback: 'proposal_confirm', block: 'typed', action: 'proposal_typed' } as const;

/** What the modal carries to its submission. It is checked against the store there. */
interface ConfirmMetadata {
  readonly proposal: string;
  readonly digest: string;
  /** Where the person is told what came of it. */
  readonly channel: string | null;
}

/** The modal in which a dangerous change is approved by typing its name: what will change, why that is asked, and the input. */
export function renderConfirmation(proposal: Proposal, channel: string | null): ModalView {
  const { id, digest, plan } = proposal;
  const hosts = plan.hosts.map(({ host }) => host).join(', ');
  const asking: KnownBlock[] = [
    richText(
      paragraph(
        bold('Why this is asked'),
        ...plan.typed.slice(0, 10).map((reason) => plain(`\n${shorten(reason, 300)}`)),
      ),
    ),
    {
      type: 'input',
      block_id: CONFIRM.block,
      label: { type: 'plain_text', text: `Type ${id} to approve it` },
      element: {
        type: 'plain_text_input',
        action_id: CONFIRM.action,
        max_length: 50,
        focus_on_load: true,
        placeholder: { type: 'plain_text', text: 'The name of the proposal' },
      },
    },
  ];
  const { blocks } = withinLimits({
    text: '',
    blocks: [
      richText(paragraph(bold(`${shorten(plan.title, 200)} on ${shorten(hosts, 500)}`))),
      ...planBlocksOf(proposal),
    ],
    keep: asking,
    rest: escapeText(`Not all of the change fits here. Read the message of ${id} and its thread before you approve.`),
  });
  return askingDialog({
    title: `Approve ${id}`,
    callback: CONFIRM.callback,
    metadata: JSON.stringify({ proposal: id, digest, channel } satisfies ConfirmMetadata),
    submit: 'Approve',
    blocks,
  });
}
