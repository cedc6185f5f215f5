import type { KnownBlock } from '@slack/types';
import { count, list } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { type Abridgement, diffText, groupPlans, type PlanGroup } from '../../engine/diff.ts';
import { attemptSentences, changeSentences, orderSentence, safetySentence } from '../../engine/phrases.ts';
import type { Proposal } from '../../engine/model.ts';
import type { FreezeInForce } from '../../engine/policy/freeze.ts';
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
import { type BoundedMessage, LIMITS, withinLimits } from '../limits.ts';

/** What a proposal's message needs beside the proposal. */
export interface ProposalMessageInput {
  readonly view: ProposalView;
  /** Names of the people who may approve it. */
  readonly approvers: readonly string[];
  /** The roles that it takes, where the policy says more than the usual. */
  readonly roles?: string | undefined;
  /** The freeze that keeps it from being approved now. */
  readonly freeze?: FreezeInForce | undefined;
}

type DiffLine = PlanGroup['diffs'][number]['lines'][number];

/** So many hosts are told of one by one where their numbers differ; all of them are in the thread's file. */
const HOSTS_TOLD = 5;
/** From this many hosts on they are counted, too. */
const HOSTS_UNCOUNTED = 5;
const CONTEXT_LINES = 3;

/** The name of the file in the proposal's thread that holds a plan too long for the message. */
export function planFileName(id: string): string {
  return `proposal-${id}.txt`;
}

/** A proposal's message: the exact difference, what it is predicted to do, who may decide; then what became of it. */
export function renderProposalMessage(input: ProposalMessageInput): BoundedMessage {
  const { view } = input;
  const { proposal } = view;
  const hosts = hostsOf(view);
  const bounded = withinLimits({
    text: escapeText(summary(view, hosts), LIMITS.topLevelText),
    blocks: [
      richText(
        paragraph(bold(`Proposal ${proposal.id}: ${proposal.plan.title}`), plain(` on ${hosts}`), ...needText(view)),
      ),
      ...planBlocksOf(proposal),
      ...left(view),
    ],
    keep: present(...outcome(view), terms(input), buttons(view)),
    rest: `Not all of the change fits here. Read ${planFileName(proposal.id)} in the thread before you decide.`,
  });
  return { ...bounded, complete: bounded.complete && !isAbridged(proposal) };
}

function abridgement({ id }: Proposal): Abridgement {
  return { hosts: HOSTS_TOLD, rest: `see ${planFileName(id)} in the thread` };
}

function isAbridged(proposal: Proposal): boolean {
  const { hosts } = proposal.plan;
  return JSON.stringify(groupPlans(hosts)) !== JSON.stringify(groupPlans(hosts, abridgement(proposal)));
}

function needText({ proposal, approvals }: ProposalView) {
  if (proposal.state !== 'open') return [];
  const missing = proposal.neededApprovals - approvals.filter(({ verdict }) => verdict === 'approve').length;
  return [plain(` · needs ${count(missing, 'approval')}${proposal.plan.typed.length > 0 ? ', typed' : ''}`)];
}

function hostsOf({ proposal }: ProposalView): string {
  const names = proposal.plan.hosts.map(({ host }) => host);
  return `${names.length > HOSTS_UNCOUNTED ? `${count(names.length, 'host')}: ` : ''}${list(names)}`;
}

/** The exact difference and its effects, equal ones of several hosts once. */
export function planBlocksOf(proposal: Proposal): KnownBlock[] {
  const groups = groupPlans(proposal.plan.hosts, abridgement(proposal));
  return groups.flatMap((group) => planBlocks(group, groups.length > 1));
}

/** What changes, then what that does; apart, so that a long difference leaves room for the risk. */
function planBlocks(group: PlanGroup, named: boolean): KnownBlock[] {
  const diffs = group.diffs.flatMap(({ target, lines }) => [
    paragraph(bold(target)),
    ...(lines.length === 0 ? [] : [preformatted(diffText(nearChanges(lines)).join('\n'))]),
  ]);
  // What differs between hosts is read line by line.
  const between = group.hosts.length > 1 ? '\n' : ' ';
  const said = [
    ...labelled('Predicted', group.predicted, between),
    ...labelled('Risk', group.risks, between),
    ...labelled('Proof', group.proof, ' '),
  ];
  const heading = named ? [paragraph(bold(`On ${list(group.hosts)}`))] : [];
  return [[...heading, ...diffs], said].filter((parts) => parts.length > 0).map((parts) => richText(...parts));
}

/** The changed lines and some around them, as diff -u shows them; long unchanged stretches become one line. */
function nearChanges(lines: readonly DiffLine[]): DiffLine[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some(({ sign }) => sign !== ' '),
  );
  return lines.flatMap((line, at): DiffLine[] => {
    if (near[at]) return [line];
    if (at > 0 && !near[at - 1]) return [];
    const next = near.indexOf(true, at);
    const hidden = (next === -1 ? lines.length : next) - at;
    return [{ sign: ' ', text: `… ${count(hidden, 'line')} unchanged` }];
  });
}

function labelled(label: string, sentences: readonly string[], between: string) {
  return sentences.length === 0 ? [] : [paragraph(bold(label), plain(`  ${sentences.join(between)}\n`))];
}

function left({ proposal }: ProposalView): KnownBlock[] {
  const lines = proposal.plan.left.map(({ host, kind, reason, text }) =>
    kind === 'advice'
      ? `${host}: to be done elsewhere: ${shorten(reason, 300)}\n${shorten(text ?? '', 1500)}`
      : `${host}: not planned: ${shorten(reason, 300)}`,
  );
  return lines.length === 0 ? [] : [richText(paragraph(plain(lines.join('\n'))))];
}

/** Who decided and what came of it; always shown, so it is bounded here. */
function outcome(view: ProposalView): KnownBlock[] {
  const changes = shorten(changeSentences(view).join(' '), 800);
  const attempts = shorten(attemptSentences(view).join('\n'), 2000);
  if (changes === '' && attempts === '') return [];
  return [
    { type: 'divider' },
    richText(paragraph(bold(changes || 'Under way.'), ...(attempts === '' ? [] : [plain(`\n${attempts}`)]))),
  ];
}

function terms({
  view: { proposal, approvals },
  approvers,
  roles,
  freeze,
}: ProposalMessageInput): KnownBlock | undefined {
  if (proposal.state === 'open') {
    const names = approvers.length === 0 ? 'nobody: no other person has the role for it' : list(approvers);
    const who = escapeText(roles === undefined ? names : `${names} (${roles})`);
    const frozen = freeze && { literal: `Not before ${freeze.untilText}: freeze "${shorten(freeze.name, 100)}".` };
    const order = orderSentence(proposal);
    return context(
      ...(frozen ? [frozen] : []),
      ...(order === undefined ? [] : [{ literal: order }]),
      { literal: safetySentence(proposal) },
      `Risk: ${proposal.plan.risk}. May approve: ${who}. Expires ${slackTime(proposal.expiresAt, '{time}')}.`,
    );
  }
  const decided = approvals.at(-1);
  return decided && context(`Decided ${slackTime(decided.at)}.`);
}

function buttons(view: ProposalView): KnownBlock | undefined {
  const { proposal } = view;
  const value = `${proposal.id} ${proposal.digest}`;
  if (proposal.state === 'open') {
    return actions('proposal', [
      approveButton(view, value),
      button({ action: 'proposal_reject', label: 'Reject', value, style: 'danger' }),
    ]);
  }
  const look = view.canLook ? [button({ action: 'proposal_look', label: 'Look again', value, style: 'primary' })] : [];
  if (!view.canUndo) return look.length === 0 ? undefined : actions('proposal', look);
  const confirm = {
    title: `Undo ${proposal.id}?`,
    text: 'The values captured before the change are restored, unless somebody changed them since.',
    yes: 'Undo',
  };
  return actions('proposal', [...look, button({ action: 'proposal_undo', label: 'Undo', value, confirm })]);
}

/** A change that is approved by typing its name is approved in a dialog of its own. */
function approveButton({ proposal: { id, plan } }: ProposalView, value: string) {
  if (plan.typed.length > 0) return button({ action: 'proposal_confirm', label: 'Approve …', value, style: 'primary' });
  const hosts = count(plan.hosts.length, 'host');
  const text = `${plan.title} on ${hosts}. The facts are read again before anything is changed.`;
  const confirm = { title: `Approve ${id}?`, text, yes: 'Approve' };
  return button({ action: 'proposal_approve', label: 'Approve', value, style: 'primary', confirm });
}

function summary(view: ProposalView, hosts: string): string {
  const { proposal } = view;
  const what = `Proposal ${proposal.id}: ${proposal.plan.title} on ${hosts}.`;
  const said = [...changeSentences(view), ...attemptSentences(view)];
  const open = proposal.state === 'open' ? ['It waits for approval.'] : [];
  return [what, ...open, ...said].map((line) => shorten(line, 500)).join('\n');
}
