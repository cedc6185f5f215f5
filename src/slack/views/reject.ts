import type { ModalView } from '@slack/types';
import { shorten } from '../../base/plain-text.ts';
import type { Proposal } from '../../engine/model.ts';
import { bold, paragraph, plain, richText } from '../blocks.ts';
import { askingDialog } from './dialog.ts';
import { someHosts } from './findings.ts';

/** The dialog's callback, and where in its state the reason is. */
export const REJECT = { callback: 'proposal_reject', block: 'why', action: 'proposal_reason' } as const;

const LONGEST_REASON = 500;

/** The dialog in which a proposal is rejected, with a reason for whoever reads the channel later. */
export function renderRejection({ id, digest, plan }: Proposal, channel: string | null): ModalView {
  const hosts = someHosts(plan.hosts.map(({ host }) => host));
  return askingDialog({
    title: `Reject ${id}`,
    callback: REJECT.callback,
    metadata: JSON.stringify({ proposal: id, digest, channel }),
    submit: 'Reject',
    blocks: [
      richText(
        paragraph(
          bold(`${shorten(plan.title, 200)} on ${shorten(hosts, 500)}`),
          plain('\nNothing is changed then. The proposal is closed for everybody.'),
        ),
      ),
      {
        type: 'input',
        block_id: REJECT.block,
        optional: true,
        label: { type: 'plain_text', text: 'Why' },
        hint: { type: 'plain_text', text: 'Shown with the proposal and kept with it.' },
        element: {
          type: 'plain_text_input',
          action_id: REJECT.action,
          multiline: true,
          max_length: LONGEST_REASON,
          focus_on_load: true,
        },
      },
    ],
  });
}
