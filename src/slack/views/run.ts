import type { KnownBlock, RichTextElement } from '@slack/types';
import { count, formatNumber } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { changeSentences, coverage, elapsed, hostProgress, paramsText, unanswered } from '../../engine/phrases.ts';
import {
  caveats,
  type Explanation,
  explanations,
  type FindingGroup,
  type ProposalView,
  type RunView,
} from '../../engine/view.ts';
import {
  actions,
  bold,
  button,
  code,
  context,
  escapeText,
  italic,
  paragraph,
  plain,
  preformatted,
  present,
  richText,
  slackTime,
} from '../blocks.ts';
import { type BoundedMessage, LIMITS, type Message, withinLimits } from '../limits.ts';
import { renderProposalMessage } from './proposal.ts';

/** What a run's message needs beside the run. */
export interface RunMessageInput {
  readonly view: RunView;
  /** The runbook's probes in order, for progress. */
  readonly probes: readonly string[];
  readonly now: number;
}

const LABELS = { critical: 'CRITICAL', warning: 'WARNING', info: 'INFO', ok: 'OK' } as const;
const LINES_OF_PROGRESS = 20;
const FAILURES_TOLD = 10;
const FAILURES_NAMED = 100;
const EXPLANATIONS = 3;
const HOSTS_NAMED = 10;
const SENTENCE = 900;

/** The name of the file in a run's thread. */
export function runFileName(id: number): string {
  return `run-${id}.txt`;
}

/** A run's one message: progress while it reads, then findings by severity, coverage and what is proposed. */
export function renderRunMessage(input: RunMessageInput): BoundedMessage {
  const { view, now } = input;
  const bounded = withinLimits({
    text: escapeText(summary(view, headlineOf(view, now)), LIMITS.topLevelText),
    blocks: runBlocks(input),
    keep: present(buttons(view)),
    rest: `More than fits here: ${runFileName(view.run.id)} in the thread has all of run ${view.run.id}.`,
  });
  return { ...bounded, complete: bounded.complete && unanswered(view).length <= FAILURES_TOLD };
}

/** A run and its proposals for one person's eyes, without buttons. */
export function renderRunStatus(input: RunMessageInput): Message {
  const { view, now } = input;
  const proposals = view.proposals.map((part) => renderProposalMessage({ view: part, approvers: [] }));
  return withinLimits({
    text: escapeText(summary(view, headlineOf(view, now)), LIMITS.topLevelText),
    blocks: [...runBlocks(input), ...proposals.flatMap(({ blocks }) => blocks.filter(isForReading))],
    rest: `More than fits here: the messages of run ${view.run.id} and their threads have all of it.`,
  });
}

/** Terms and buttons belong to the message that can be decided on. */
function isForReading({ type }: KnownBlock): boolean {
  return type !== 'actions' && type !== 'context';
}

function runBlocks({ view, probes, now }: RunMessageInput): KnownBlock[] {
  return [
    richText(paragraph(...headlineElements(view, now))),
    askedBy(view),
    ...(view.run.state === 'reading' ? progress(view, probes) : result(view)),
  ];
}

function headlineOf(view: RunView, now: number): string {
  const { run } = view;
  return `${run.runbook} on ${run.selector}: ${stateText(view)}, ${elapsed(view, now)}`;
}

function stateText(view: RunView): string {
  switch (view.run.state) {
    case 'reading':
      return `asking ${count(view.hosts.length, 'host')}`;
    case 'finished':
      return coverage(view);
    case 'cancelled':
      return 'cancelled';
    case 'failed':
      return 'failed';
  }
}

function headlineElements(view: RunView, now: number): RichTextElement[] {
  return [
    bold(view.run.runbook),
    plain(` on ${shorten(view.run.selector, 200)} · ${stateText(view)} · ${elapsed(view, now)}`),
  ];
}

function askedBy(view: RunView): KnownBlock {
  const { run } = view;
  const params = paramsText(view);
  return context(
    `run ${run.id}, asked by ${escapeText(run.requester)} at ${slackTime(run.createdAt, '{time}')}`,
    ...(params === '' ? [] : [{ literal: params }]),
  );
}

function progress(view: RunView, probes: readonly string[]): KnownBlock[] {
  const lines = view.hosts.slice(0, LINES_OF_PROGRESS).map((host) => hostProgress(host, probes));
  const hidden = view.hosts.length - lines.length;
  return [richText(preformatted([...lines, ...(hidden > 0 ? [`and ${count(hidden, 'more host')}`] : [])].join('\n')))];
}

function result(view: RunView): KnownBlock[] {
  return [
    ...(view.run.detail === null ? [] : [richText(paragraph(plain(view.run.detail)))]),
    ...failures(view),
    ...view.findings.map(finding),
    ...(view.run.state === 'finished' && view.findings.length === 0
      ? [richText(paragraph(plain('No rule found anything to report.')))]
      : []),
    ...open(view),
    ...view.proposals.map(proposalBelow),
  ];
}

/** Hosts that did not answer: the first few with the reason, the others by name, so that findings keep their room. */
function failures(view: RunView): KnownBlock[] {
  const failed = unanswered(view);
  if (failed.length === 0) return [];
  const told = failed.slice(0, FAILURES_TOLD).map((line) => shorten(line, 200));
  const others = view.hosts.filter(({ outcome }) => outcome !== null && outcome !== 'ok').slice(FAILURES_TOLD);
  const named = others.slice(0, FAILURES_NAMED).map(({ host }) => host);
  const hidden = others.length - named.length;
  const rest = `and ${named.join(', ')}${hidden > 0 ? ` and ${formatNumber(hidden)} more` : ''}`;
  const where = `Why: ${runFileName(view.run.id)} in the thread.`;
  const lines = [...told, ...(named.length > 0 ? [`${shorten(rest, 2000)}. ${where}`] : [])];
  return [richText(paragraph(bold('Did not answer'), plain(`\n${lines.join('\n')}`)))];
}

function proposalBelow({ proposal }: ProposalView): KnownBlock {
  const state = proposal.state === 'open' ? 'waits for approval' : proposal.state.replaceAll('_', ' ');
  return context({ literal: `Proposal ${proposal.id} below: ${shorten(proposal.plan.title, 300)}: ${state}.` });
}

/** One finding with its hosts; what is said of several hosts is said once, and of many explanations the first few. */
function finding(group: FindingGroup): KnownBlock {
  const said = explanations(group);
  const differing = said.filter(({ hosts }) => hosts.length < group.hosts.length);
  const hidden = differing.slice(EXPLANATIONS).reduce((sum, { hosts }) => sum + hosts.length, 0);
  const shown = [
    ...differing.slice(0, EXPLANATIONS),
    ...said.filter(({ hosts }) => hosts.length === group.hosts.length),
  ];
  const warned = caveats(group).slice(0, EXPLANATIONS + 1);
  return richText(
    paragraph(
      bold(`${LABELS[group.severity]}  ${group.title}`),
      plain('   '),
      ...hostNames(group.hosts),
      ...shown.flatMap((explanation) => sayings(explanation, group, plain)),
      ...(hidden > 0 ? [plain(`\nThe other ${count(hidden, 'host')}: in the thread.`)] : []),
      ...warned.flatMap((caveat) => sayings(caveat, group, italic)),
    ),
  );
}

function sayings(
  { hosts, sentences }: Explanation,
  group: FindingGroup,
  style: (sentence: string) => RichTextElement,
): RichTextElement[] {
  const named = hosts.length === group.hosts.length ? [] : hostNames(hosts);
  return sentences.flatMap((sentence, index) => [
    plain('\n'),
    ...(index === 0 ? named : []),
    style(shorten(sentence, SENTENCE)),
  ]);
}

function hostNames(hosts: readonly string[]): RichTextElement[] {
  const hidden = hosts.length - HOSTS_NAMED;
  return [
    ...hosts.slice(0, HOSTS_NAMED).flatMap((host) => [code(host), plain(' ')]),
    ...(hidden > 0 ? [plain(`and ${formatNumber(hidden)} more `)] : []),
  ];
}

function open(view: RunView): KnownBlock[] {
  if (view.notConcluded.length === 0) return [];
  const lines = view.notConcluded
    .slice(0, 10)
    .map(({ host, rule, because }) => `${host}: ${rule}: ${shorten(because, 300)}`);
  const hidden = view.notConcluded.length - lines.length;
  return [richText(paragraph(plain([...lines, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join('\n'))))];
}

function buttons({ run }: RunView): KnownBlock | undefined {
  if (run.state === 'reading') {
    const confirm = {
      title: 'Cancel this run?',
      text: 'Hosts that are being asked are left alone; answers so far are kept.',
      yes: 'Cancel the run',
    };
    return actions('run', [
      button({ action: 'run_cancel', label: 'Cancel', value: String(run.id), style: 'danger', confirm }),
    ]);
  }
  return actions('run', [button({ action: 'run_again', label: 'Run again', value: String(run.id) })]);
}

/** The message in plain words, for notifications and screen readers. */
function summary(view: RunView, headline: string): string {
  const findings = view.findings.map(
    ({ severity, title, hosts }) => `${LABELS[severity]} ${title} (${hosts.join(', ')})`,
  );
  const proposals = view.proposals.map((part) =>
    [`Proposal ${part.proposal.id}: ${part.proposal.plan.title}.`, ...changeSentences(part)].join(' '),
  );
  return [`Run ${view.run.id}: ${headline}.`, ...findings, ...unanswered(view), ...proposals]
    .map((line) => shorten(line, 400))
    .join('\n');
}
