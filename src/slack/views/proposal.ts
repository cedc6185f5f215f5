import type { Button, KnownBlock } from '@slack/types';
import { count, list } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { type Abridgement, diffText, groupPlans, type PlanGroup } from '../../engine/diff.ts';
import type { Proposal } from '../../engine/model.ts';
import {
  attemptSentences,
  changeSentences,
  decisions,
  orderSentence,
  reviewOpen,
  safetySentence,
  stateSentences,
} from '../../engine/phrases.ts';
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
  utc,
  when,
} from '../blocks.ts';
import { type BoundedMessage, LIMITS, withinLimits } from '../limits.ts';
import type { ProposalTerms } from '../proposal-terms.ts';

/** What a proposal's message needs beside the proposal. */
export interface ProposalMessageInput extends ProposalTerms {
  readonly view: ProposalView;
}

type DiffLine = PlanGroup['diffs'][number]['lines'][number];

/** So many hosts are told of one by one where their numbers differ; all of them are in the thread's file. */
const HOSTS_TOLD = 5;
/** From this many hosts on they are counted, too. */
const HOSTS_UNCOUNTED = 5;
const CONTEXT_LINES = 3;
const DECISIONS_TOLD = 6;
const APPROVERS_NAMED = 10;

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
    text: escapeText(summary(input, hosts), LIMITS.topLevelText),
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
  return proposal.state === 'open' ? [plain(` · ${missingText(proposal, approvals)}`)] : [];
}

/** "needs 1 approval, typed" */
function missingText({ neededApprovals, plan }: Proposal, approvals: ProposalView['approvals']): string {
  const missing = neededApprovals - approvals.filter(({ verdict }) => verdict === 'approve').length;
  return `needs ${count(missing, 'approval')}${plan.typed.length > 0 ? ', typed' : ''}`;
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

/** Who decided what, when and why, then what came of it; always shown, so it is bounded here. */
function outcome(view: ProposalView): KnownBlock[] {
  const decided = decisions(view);
  const hidden = decided.length - DECISIONS_TOLD;
  const changes = shorten([...reviewOpen(view), ...stateSentences(view)].join(' '), 800);
  const attempts = shorten(attemptSentences(view).join('\n'), 2000);
  const lines = [
    ...decided
      .slice(0, DECISIONS_TOLD)
      .map(({ what, at, why }) => [
        bold(shorten(what, 100)),
        plain(' · '),
        when(at),
        ...(why ? [plain(` · ${shorten(why, 300)}`)] : []),
      ]),
    ...(hidden > 0 ? [[plain(`and ${count(hidden, 'more decision')}`)]] : []),
    ...(changes === '' ? [] : [[bold(changes)]]),
    ...(attempts === '' ? [] : [[plain(attempts)]]),
  ];
  if (lines.length === 0) return [];
  const apart = lines.flatMap((line, index) => (index === 0 ? line : [plain('\n'), ...line]));
  return [{ type: 'divider' }, richText(paragraph(...apart))];
}

/** Under which terms it can be decided; afterwards who decided says it all. */
function terms(input: ProposalMessageInput): KnownBlock | undefined {
  const { proposal } = input.view;
  if (proposal.state !== 'open') return undefined;
  return context(
    ...termSentences(input).map((literal) => ({ literal })),
    `Risk: ${proposal.plan.risk}. May approve: ${escapeText(whoMay(input))}. Expires ${slackTime(proposal.expiresAt)}.`,
  );
}

function termSentences({ view: { proposal }, freeze, stricter }: ProposalMessageInput): string[] {
  const order = orderSentence(proposal);
  return [
    ...(freeze ? [`Not before ${freeze.untilText}: freeze "${shorten(freeze.name, 100)}".`] : []),
    ...(stricter === undefined ? [] : [`It cannot be approved any more: ${stricter}. Run the runbook again.`]),
    ...(order === undefined ? [] : [order]),
    safetySentence(proposal),
  ];
}

/** "bob and cem (sre-approvers), not the requester" */
function whoMay({ view: { proposal }, approvers, roles }: ProposalMessageInput): string {
  if (approvers.length === 0)
    return `nobody: no other person than ${proposal.requester}, who asked, has the role for it`;
  const hidden = approvers.length - APPROVERS_NAMED;
  const names = hidden > 0 ? [...approvers.slice(0, APPROVERS_NAMED), `${hidden} more`] : approvers;
  return `${list(names)}${roles === undefined ? '' : ` (${roles})`}, not ${proposal.requester}, who asked`;
}

function buttons(view: ProposalView): KnownBlock | undefined {
  const all = proposalButtons(view);
  return all.length === 0 ? undefined : actions('proposal', all);
}

/** What can be done with a proposal now: the same buttons wherever it is shown. */
export function proposalButtons(view: ProposalView): Button[] {
  const { proposal } = view;
  const value = `${proposal.id} ${proposal.digest}`;
  if (proposal.state === 'open') {
    return [
      approveButton(view, value),
      button({ action: 'proposal_reject', label: 'Reject …', value, style: 'danger' }),
      button({ action: 'proposal_evidence', label: 'Evidence', value }),
    ];
  }
  const look = view.canLook ? [button({ action: 'proposal_look', label: 'Look again', value, style: 'primary' })] : [];
  if (!view.canUndo) return look;
  const confirm = {
    title: `Undo ${proposal.id}?`,
    text: 'The values captured before the change are restored, unless somebody changed them since.',
    yes: 'Undo',
  };
  return [...look, button({ action: 'proposal_undo', label: 'Undo', value, confirm })];
}

/** A change that is approved by typing its name is approved in a dialog of its own. */
function approveButton({ proposal: { id, plan } }: ProposalView, value: string) {
  if (plan.typed.length > 0) return button({ action: 'proposal_confirm', label: 'Approve …', value, style: 'primary' });
  const hosts = count(plan.hosts.length, 'host');
  const text = `${plan.title} on ${hosts}. The facts are read again before anything is changed.`;
  const confirm = { title: `Approve ${id}?`, text, yes: 'Approve' };
  return button({ action: 'proposal_approve', label: 'Approve', value, style: 'primary', confirm });
}

/** The message in plain words, for notifications and screen readers: what was decided, else what there is to decide. */
function summary(input: ProposalMessageInput, hosts: string): string {
  const { view } = input;
  const { proposal } = view;
  const what = `Proposal ${proposal.id}: ${proposal.plan.title} on ${hosts}.`;
  const said = [...changeSentences(view), ...attemptSentences(view)];
  const lines = proposal.state === 'open' ? [...said, ...openSummary(input)] : said;
  return [what, ...lines].map((line) => shorten(line, 500)).join('\n');
}

function openSummary(input: ProposalMessageInput): string[] {
  const { proposal, approvals } = input.view;
  const { hosts, risk } = proposal.plan;
  const groups = groupPlans(hosts, abridgement(proposal));
  return [
    `It waits for approval. It ${missingText(proposal, approvals)}.`,
    ...groups.flatMap(({ predicted, risks }) => [
      ...(predicted.length === 0 ? [] : [`Predicted: ${predicted.join(' ')}`]),
      ...(risks.length === 0 ? [] : [`Risk: ${risks.join(' ')}`]),
    ]),
    ...termSentences(input),
    `Risk: ${risk}. May approve: ${whoMay(input)}. Expires ${utc(proposal.expiresAt)}.`,
    ...groups.flatMap(({ diffs }) =>
      diffs.flatMap(({ target, lines }) => [`${target}:`, ...diffText(nearChanges(lines))]),
    ),
  ];
}
