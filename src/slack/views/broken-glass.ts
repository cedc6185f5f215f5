import { shorten } from '../../base/plain-text.ts';
import type { BrokenGlass } from '../../engine/broken-glass.ts';
import type { Proposal } from '../../engine/model.ts';
import { bold, code, context, escapeText, paragraph, plain, present, richText, slackTime } from '../blocks.ts';
import { LIMITS, type Message } from '../limits.ts';

/** What the announcement of broken glass shows. */
export interface BrokenGlassMessageInput {
  readonly glass: BrokenGlass;
  readonly proposal: Proposal;
  /** The slash command, for how to close the review. */
  readonly command: string;
}

/** The loud message: who had what made without the approvals it lacked, why, and that somebody has to look at it. */
export function renderBrokenGlass({ glass, proposal, command }: BrokenGlassMessageInput): Message {
  const { id, plan, requester } = proposal;
  const { person, reason, at, review } = glass;
  const hosts = shorten(plan.hosts.map(({ host }) => host).join(', '), 500);
  const headline = `Glass broken: ${id}, ${shorten(plan.title, 200)}, on ${hosts}`;
  const who = `${person} had it made without the approvals it lacked. The run was ${requester === person ? 'their own' : `${requester}'s`}.`;
  const end = review
    ? `Reviewed by ${review.person}: ${shorten(review.note, 1000)}`
    : 'The review is open until somebody else closes it:';
  return {
    text: escapeText([headline, who, `Reason: ${reason}`, end].join('\n'), LIMITS.topLevelText),
    blocks: present(
      richText(paragraph(bold(headline), plain(`\n${who}`))),
      richText(paragraph(bold('Reason'), plain(`  ${shorten(reason, 2000)}`))),
      richText(paragraph(bold(end), ...(review ? [] : [plain(' '), code(`${command} review ${id} NOTE`)]))),
      richText(paragraph(code(`${command} show ${id}`), plain(' shows what was changed and what came of it.'))),
      context(`Broken ${slackTime(at)}${review ? `, reviewed ${slackTime(review.at)}` : ''}.`),
    ),
  };
}
