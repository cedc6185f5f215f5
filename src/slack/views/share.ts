import type { KnownBlock, ModalView } from '@slack/types';
import { shorten } from '../../base/plain-text.ts';
import { changeSentences } from '../../engine/phrases.ts';
import { ranOn } from '../../engine/progress.ts';
import type { RunOutline } from '../../engine/view.ts';
import { bold, context, escapeText, paragraph, plain, present, richText, slackTime } from '../blocks.ts';
import { LIMITS, type Message, withinLimits } from '../limits.ts';
import { SHARE, type ShareMetadata } from '../payload/share.ts';
import { askingDialog } from './dialog.ts';
import { findingLines } from './findings.ts';
import { headlineOf } from './run.ts';

const LONGEST_NOTE = 500;
const SENTENCES_EACH = 1;

/** The dialog that asks where a run is to be shared, and why. */
export function renderShareDialog(metadata: ShareMetadata): ModalView {
  return askingDialog({
    title: `Share run ${metadata.run}`,
    callback: SHARE.callback,
    metadata: JSON.stringify(metadata),
    submit: 'Share',
    blocks: [
      {
        type: 'input',
        block_id: SHARE.where.block,
        label: { type: 'plain_text', text: 'Channel' },
        hint: { type: 'plain_text', text: 'One that I am in and that only this workspace sees.' },
        element: {
          type: 'conversations_select',
          action_id: SHARE.where.action,
          placeholder: { type: 'plain_text', text: 'Choose a channel' },
          filter: {
            include: ['public', 'private'],
            exclude_external_shared_channels: true,
            exclude_bot_users: true,
          },
        },
      },
      {
        type: 'input',
        block_id: SHARE.why.block,
        optional: true,
        label: { type: 'plain_text', text: 'Why' },
        hint: { type: 'plain_text', text: 'Shown above what the run found.' },
        element: {
          type: 'plain_text_input',
          action_id: SHARE.why.action,
          multiline: true,
          max_length: LONGEST_NOTE,
        },
      },
    ],
  });
}

/** What a shared run shows. */
export interface SharedRunInput {
  readonly view: RunOutline;
  /** Who shares it, and why. */
  readonly person: string;
  readonly note: string | null;
  /** The address of the run's own message; undefined when Slack does not say. */
  readonly link: string | undefined;
  readonly now: number;
  readonly command: string;
}

/** A run as another channel is told of it: who shares it and why, what it found, and where all of it is. It does not change afterwards. */
export function renderSharedRun(input: SharedRunInput): Message {
  const { view, person, note, now } = input;
  const { run } = view;
  const headline = `Run ${run.id}: ${headlineOf(view, now)}`;
  const why = note === null ? '' : `: ${shorten(note, LONGEST_NOTE)}`;
  const found = sharedLines(view);
  return withinLimits({
    text: escapeText([`Shared by ${person}${why}`, `${headline}.`, ...found].join('\n'), LIMITS.topLevelText),
    blocks: present(
      richText(paragraph(bold(`Shared by ${person}`), plain(why))),
      richText(paragraph(bold(headline), plain(`\n${found.join('\n')}`))),
    ),
    keep: [whereBlock(input), context(`As of ${slackTime(now)}, asked by ${escapeText(run.requester)}.`)],
    rest: 'More than fits here: the message of the run has all of it.',
  });
}

function sharedLines(view: RunOutline): string[] {
  const lines = findingLines(view, SENTENCES_EACH);
  const nothing =
    view.run.state === 'finished' ? 'No rule found anything to report.' : 'Nothing was concluded from it.';
  const proposals = view.proposals.map((part) => {
    const { id, plan, state } = part.proposal;
    const open = state === 'open' ? ['It waits for approval.'] : [];
    return shorten([`Proposal ${id}: ${plan.title}.`, ...changeSentences(part), ...open].join(' '), 400);
  });
  return [ranOn(view), ...(lines.length === 0 ? [nothing] : lines), ...proposals];
}

function whereBlock({ view, link, command }: SharedRunInput): KnownBlock {
  const open = `Open the message of run ${view.run.id}`;
  return link === undefined
    ? richText(paragraph(plain(`All of it: ${command} show ${view.run.id}`)))
    : richText(paragraph({ type: 'link', url: link, text: open }));
}

/** The answer to whoever shared it. The channel's id is one that Slack gave. */
export function renderShared(run: number, channel: string): Message {
  const text = `Run ${run} is shared in <#${channel}>.`;
  return { text, blocks: [context(text)] };
}
