import type { KnownBlock } from '@slack/types';
import { count, list } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { groupPlans, type PlanGroup } from '../../engine/diff.ts';
import { attemptSentences, changeSentences } from '../../engine/phrases.ts';
import type { ProposalView } from '../../engine/view.ts';
import {
  actions,
  bold,
  button,
  context,
  escapeText,
  paragraph,
  plain,
  preformatted,
  present,
  richText,
  slackTime,
} from '../blocks.ts';
import { LIMITS, type Message, withinLimits } from '../limits.ts';

/** What a proposal's message needs beside the proposal. */
export interface ProposalMessageInput {
  readonly view: ProposalView;
  /** Names of the people who may approve it. */
  readonly approvers: readonly string[];
}

/** A proposal's message: the exact difference, what it is predicted to do, who may decide; then what became of it. */
export function renderProposalMessage({ view, approvers }: ProposalMessageInput): Message {
  const { proposal } = view;
  const hosts = list(proposal.plan.hosts.map(({ host }) => host));
  const groups = groupPlans(proposal.plan.hosts);
  return withinLimits({
    text: escapeText(summary(view, hosts), LIMITS.topLevelText),
    blocks: [
      richText(
        paragraph(
          bold(`Proposal ${proposal.id}: ${proposal.plan.title}`),
          plain(` on ${shorten(hosts, 300)}`),
          ...needText(view),
        ),
      ),
      ...groups.map((group) => planBlock(group, groups.length > 1)),
      ...left(view),
      ...outcome(view),
    ],
    keep: present(terms(view, approvers), buttons(view)),
  });
}

function needText({ proposal, approvals }: ProposalView) {
  if (proposal.state !== 'open') return [];
  const missing = proposal.neededApprovals - approvals.filter(({ verdict }) => verdict === 'approve').length;
  return [plain(` · needs ${count(missing, 'approval')}`)];
}

function planBlock(group: PlanGroup, named: boolean): KnownBlock {
  const diffs = group.diffs.flatMap(({ target, lines }) => [
    paragraph(bold(target)),
    preformatted(lines.map(({ sign, text }) => `${sign} ${text}`).join('\n')),
  ]);
  return richText(
    ...(named ? [paragraph(bold(`On ${list(group.hosts)}`))] : []),
    ...diffs,
    ...labelled('Predicted', group.predicted),
    ...labelled('Risk', group.risks),
    ...labelled('Proof', group.proof),
  );
}

function labelled(label: string, sentences: readonly string[]) {
  return sentences.length === 0 ? [] : [paragraph(bold(label), plain(`  ${shorten(sentences.join(' '), 1500)}\n`))];
}

function left({ proposal }: ProposalView): KnownBlock[] {
  const lines = proposal.plan.left.map(({ host, reason }) => `${host}: not planned: ${shorten(reason, 300)}`);
  return lines.length === 0 ? [] : [richText(paragraph(plain(lines.join('\n'))))];
}

function outcome(view: ProposalView): KnownBlock[] {
  const changes = changeSentences(view);
  const attempts = attemptSentences(view).map((sentence) => shorten(sentence, 700));
  if (changes.length + attempts.length === 0) return [];
  return [
    { type: 'divider' },
    richText(
      paragraph(
        bold(changes.join(' ') || 'Under way.'),
        ...(attempts.length === 0 ? [] : [plain(`\n${attempts.join('\n')}`)]),
      ),
    ),
  ];
}

function terms({ proposal, approvals }: ProposalView, approvers: readonly string[]): KnownBlock | undefined {
  if (proposal.state === 'open') {
    const who = approvers.length === 0 ? 'nobody: no other person has the role "approve"' : escapeText(list(approvers));
    const order = proposal.plan.hosts.length > 1 ? 'Hosts one after the other, each proven before the next. ' : '';
    return context(
      `${order}Risk: ${proposal.plan.risk}. May approve: ${who}. Expires ${slackTime(proposal.expiresAt, '{time}')}.`,
    );
  }
  const decided = approvals.at(-1);
  return decided && context(`Decided ${slackTime(decided.at)}.`);
}

function buttons(view: ProposalView): KnownBlock | undefined {
  const { proposal } = view;
  const value = `${proposal.id} ${proposal.digest}`;
  if (proposal.state === 'open') {
    const hosts = count(proposal.plan.hosts.length, 'host');
    return actions('proposal', [
      button({
        action: 'proposal_approve',
        label: 'Approve',
        value,
        style: 'primary',
        confirm: {
          title: `Approve ${proposal.id}?`,
          text: `${proposal.plan.title} on ${hosts}. The facts are read again before anything is changed.`,
          yes: 'Approve',
        },
      }),
      button({ action: 'proposal_reject', label: 'Reject', value, style: 'danger' }),
    ]);
  }
  if (!view.canUndo) return undefined;
  const confirm = {
    title: `Undo ${proposal.id}?`,
    text: 'The values captured before the change are restored, unless somebody changed them since.',
    yes: 'Undo',
  };
  return actions('proposal', [button({ action: 'proposal_undo', label: 'Undo', value, confirm })]);
}

function summary(view: ProposalView, hosts: string): string {
  const { proposal } = view;
  const what = `Proposal ${proposal.id}: ${proposal.plan.title} on ${hosts}.`;
  const said = [...changeSentences(view), ...attemptSentences(view)];
  const open = proposal.state === 'open' ? ['It waits for approval.'] : [];
  return [what, ...open, ...said].map((line) => shorten(line, 500)).join('\n');
}
