import type { KnownBlock, RichTextElement } from '@slack/types';
import { count, formatNumber } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { coverage, elapsed, hostProgress, paramsText, unanswered } from '../../engine/phrases.ts';
import { caveats, type Explanation, explanations, type FindingGroup, type RunView } from '../../engine/view.ts';
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
import { LIMITS, type Message, withinLimits } from '../limits.ts';

/** What a run's message needs beside the run. */
export interface RunMessageInput {
  readonly view: RunView;
  /** The runbook's probes in order, for progress. */
  readonly probes: readonly string[];
  readonly now: number;
}

const LABELS = { critical: 'CRITICAL', warning: 'WARNING', info: 'INFO', ok: 'OK' } as const;
const LINES_OF_PROGRESS = 20;
const EXPLANATIONS = 3;
const HOSTS_NAMED = 10;
const SENTENCE = 900;

/** A run's one message: progress while it reads, then findings by severity, coverage and what is proposed. */
export function renderRunMessage({ view, probes, now }: RunMessageInput): Message {
  const { run } = view;
  const headline = headlineOf(view, now);
  return withinLimits({
    text: escapeText(summary(view, headline), LIMITS.topLevelText),
    blocks: [
      richText(paragraph(...headlineElements(view, now))),
      askedBy(view),
      ...(run.state === 'reading' ? progress(view, probes) : result(view)),
    ],
    keep: present(buttons(view)),
  });
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

function askedBy({ run, ...view }: RunView): KnownBlock {
  const params = paramsText({ run, ...view });
  return context(
    `run ${run.id}, asked by ${escapeText(run.requester)} at ${slackTime(run.createdAt, '{time}')}${params === '' ? '' : ` · ${escapeText(params)}`}`,
  );
}

function progress(view: RunView, probes: readonly string[]): KnownBlock[] {
  const lines = view.hosts.slice(0, LINES_OF_PROGRESS).map((host) => hostProgress(host, probes));
  const hidden = view.hosts.length - lines.length;
  return [richText(preformatted([...lines, ...(hidden > 0 ? [`and ${count(hidden, 'more host')}`] : [])].join('\n')))];
}

function result(view: RunView): KnownBlock[] {
  const failed = unanswered(view);
  return [
    ...(view.run.detail === null ? [] : [richText(paragraph(plain(view.run.detail)))]),
    ...(failed.length === 0
      ? []
      : [
          richText(
            paragraph(bold('Did not answer'), plain(`\n${failed.map((line) => shorten(line, 400)).join('\n')}`)),
          ),
        ]),
    ...view.findings.map(finding),
    ...(view.run.state === 'finished' && view.findings.length === 0
      ? [richText(paragraph(plain('No rule found anything to report.')))]
      : []),
    ...open(view),
    ...view.proposals.map(({ proposal }) =>
      context(`Proposal ${proposal.id} below: ${escapeText(proposal.plan.title)}.`),
    ),
  ];
}

/** One finding with its hosts; what is said of several hosts is said once, and of many explanations the first few. */
function finding(group: FindingGroup): KnownBlock {
  const shown = explanations(group).slice(0, EXPLANATIONS);
  const hidden = group.hosts.length - shown.reduce((sum, { hosts }) => sum + hosts.length, 0);
  const warned = caveats(group).slice(0, EXPLANATIONS);
  return richText(
    paragraph(
      bold(`${LABELS[group.severity]}  ${group.title}`),
      plain('   '),
      ...hostNames(group.hosts),
      ...shown.flatMap((said) => sayings(said, group, (sentence) => plain(sentence))),
      ...(shown.length > 0 && hidden > 0 ? [plain(`\nThe other ${count(hidden, 'host')}: in the thread.`)] : []),
      ...warned.flatMap((said) => sayings(said, group, italic)),
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
    .map(({ host, rule, because }) => `${host}: ${rule} not concluded: ${shorten(because, 300)}`);
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
  const proposals = view.proposals.map(({ proposal }) => `Proposal ${proposal.id}: ${proposal.plan.title}`);
  return [`Run ${view.run.id}: ${headline}.`, ...findings, ...unanswered(view), ...proposals]
    .map((line) => shorten(line, 400))
    .join('\n');
}
