import type { Button, KnownBlock, RichTextElement } from '@slack/types';
import { count, formatNumber } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { changeSentences, coverage, paramsText, unanswered } from '../../engine/phrases.ts';
import { progressLines, progressSentence, ranOn, slowSentences, timeText } from '../../engine/progress.ts';
import type { ChangeState } from '../../engine/state.ts';
import type { ProposalView, RunOutline } from '../../engine/view.ts';
import {
  actions,
  bold,
  button,
  code,
  context,
  escapeText,
  paragraph,
  plain,
  preformatted,
  present,
  richText,
  slackTime,
} from '../blocks.ts';
import { type BoundedMessage, LIMITS, type Message, withinLimits } from '../limits.ts';
import { findingBlocks, findingLines, notJudgedBlocks } from './findings.ts';
import { renderProposalMessage } from './proposal.ts';

/** What a run's message needs beside the run. */
export interface RunMessageInput {
  readonly view: RunOutline;
  /** The runbook's probes in order, for progress. */
  readonly probes: readonly string[];
  readonly now: number;
  /** The slash command, where there is nothing to show but what to do next. */
  readonly command: string;
}

const LINES_OF_PROGRESS = 12;
const SLOW_TOLD = 5;
const FAILURES_TOLD = 10;
const SENTENCES_READ_OUT = 2;

/** The name of the file in a run's thread. */
export function runFileName(id: number): string {
  return `run-${id}.txt`;
}

/** A run's one message: progress while it reads, then findings by severity, coverage and what is proposed. */
export function renderRunMessage(input: RunMessageInput): BoundedMessage {
  const { view } = input;
  const bounded = withinLimits({
    text: escapeText(summary(input), LIMITS.topLevelText),
    blocks: runBlocks(input),
    keep: [actions('run', buttons(view))],
    rest:
      view.run.state === 'reading'
        ? 'More than fits here. All of it is in the thread when the run has ended.'
        : `More than fits here: ${runFileName(view.run.id)} in the thread has all of run ${view.run.id}.`,
  });
  return { ...bounded, complete: bounded.complete && unanswered(view).length <= FAILURES_TOLD };
}

/** A run and its proposals for one person's eyes, without buttons. */
export function renderRunStatus(input: RunMessageInput): Message {
  const { view } = input;
  const proposals = view.proposals.map((part) => renderProposalMessage({ view: part, approvers: [] }));
  return withinLimits({
    text: escapeText(summary(input), LIMITS.topLevelText),
    blocks: [...runBlocks(input), ...proposals.flatMap(({ blocks }) => blocks.filter(isForReading))],
    rest: `More than fits here: the messages of run ${view.run.id} and their threads have all of it.`,
  });
}

/** Terms and buttons belong to the message that can be decided on. */
function isForReading({ type }: KnownBlock): boolean {
  return type !== 'actions' && type !== 'context';
}

function runBlocks(input: RunMessageInput): KnownBlock[] {
  const { view, now } = input;
  return [
    richText(paragraph(...headlineElements(view, now))),
    askedBy(view),
    ...(view.run.state === 'reading' ? progress(input) : result(input)),
  ];
}

/** "time-wait on @web: 3 of 3 hosts answered, 11 s": what ran where, and how far it came. */
export function headlineOf(view: RunOutline, now: number): string {
  const { run } = view;
  return `${run.runbook} on ${shorten(run.selector, 200)}: ${stateText(view)}, ${timeText(view, now)}`;
}

function stateText(view: RunOutline): string {
  switch (view.run.state) {
    case 'reading':
      return `asking ${count(view.hosts.length, 'host')}`;
    case 'finished':
      return coverage(view);
    case 'cancelled':
    case 'failed':
      return `${view.run.state}, ${coverage(view)} before`;
  }
}

function headlineElements(view: RunOutline, now: number): RichTextElement[] {
  return [
    bold(view.run.runbook),
    plain(` on ${shorten(view.run.selector, 200)} · ${stateText(view)} · ${timeText(view, now)}`),
  ];
}

function askedBy(view: RunOutline): KnownBlock {
  const { run } = view;
  const params = paramsText(view);
  return context(
    `run ${run.id}, asked by ${escapeText(run.requester)} at ${slackTime(run.createdAt, '{time}')}`,
    ...(params === '' ? [] : [{ literal: params }]),
  );
}

/** Who answered is counted; who keeps the run from its end is named. */
function progress({ view, probes, now }: RunMessageInput): KnownBlock[] {
  const slow = slowLines(view, probes, now);
  const lines = progressLines(view, probes, now);
  const hidden = lines.length - LINES_OF_PROGRESS;
  const shown = [...lines.slice(0, LINES_OF_PROGRESS), ...(hidden > 0 ? [`and ${count(hidden, 'more host')}`] : [])];
  return present(
    richText(
      paragraph(plain(progressSentence(view)), ...(slow.length === 0 ? [] : [bold(`\nSlow: ${slow.join(' ')}`)])),
    ),
    shown.length === 0 ? undefined : richText(preformatted(shown.join('\n'))),
  );
}

function slowLines(view: RunOutline, probes: readonly string[], now: number): string[] {
  const slow = slowSentences(view, probes, now);
  const hidden = slow.length - SLOW_TOLD;
  return [
    ...slow.slice(0, SLOW_TOLD),
    ...(hidden > 0 ? [`${count(hidden, 'more host')} ${hidden === 1 ? 'is' : 'are'} as slow.`] : []),
  ];
}

function result(input: RunMessageInput): KnownBlock[] {
  const { view } = input;
  return [
    ...(view.run.detail === null ? [] : [richText(paragraph(plain(view.run.detail)))]),
    ...failures(view),
    ...findingBlocks(view),
    ...nothingFound(input),
    ...notJudgedBlocks(view),
    ...view.proposals.map(proposalBelow),
  ];
}

/** What a run's words do not hold for: hosts that did not answer by name, the first few with the reason. */
function failures(view: RunOutline): KnownBlock[] {
  if (view.hosts.every(({ outcome }) => outcome === 'ok')) return [];
  const failed = unanswered(view);
  const told = failed.slice(0, FAILURES_TOLD).map((line) => `\n${shorten(line, 200)}`);
  const hidden = failed.length - told.length;
  const rest =
    hidden > 0 ? [`\nWhy the other ${formatNumber(hidden)}: ${runFileName(view.run.id)} in the thread.`] : [];
  return [richText(paragraph(bold(ranOn(view)), ...[...told, ...rest].map(plain)))];
}

/** Nothing to show is said, with what to do next. */
function nothingFound(input: RunMessageInput): KnownBlock[] {
  const next = whatNext(input);
  return next === undefined ? [] : [richText(paragraph(plain(`${next.said} `), code(next.type)))];
}

function whatNext({ view, command }: RunMessageInput): { readonly said: string; readonly type: string } | undefined {
  const { state, id, runbook, selector } = view.run;
  if (state === 'reading' || view.findings.length > 0) return undefined;
  const hosts = shorten(selector, 200);
  if (state !== 'finished')
    return { said: 'Nothing was concluded from it. To start over:', type: `${command} run ${runbook} on ${hosts}` };
  if (view.hosts.every(({ outcome }) => outcome !== 'ok'))
    return {
      said: 'No host answered, so nothing is known of them. See what fails:',
      type: `${command} hosts ${hosts}`,
    };
  const where = `What the hosts answered is in ${runFileName(id)} in the thread.`;
  return {
    said: `No rule found anything to report. ${where} If the trouble goes on, look with another runbook:`,
    type: `${command} list`,
  };
}

function proposalBelow({ proposal }: ProposalView): KnownBlock {
  const { id, plan, state } = proposal;
  return context({ literal: `Proposal ${id} below: ${shorten(plan.title, 300)}: ${STATES[state]}.` });
}

const STATES: Readonly<Record<ChangeState, string>> = {
  open: 'waits for approval',
  rejected: 'rejected',
  expired: 'expired',
  applying: 'being applied',
  proven: 'applied and proven',
  not_proven: 'applied, did not help as predicted',
  reverted: 'taken back',
  stale: 'stopped, a host differed from what was approved',
  failed: 'stopped, it did not work',
  needs_human: 'a person has to look',
  undoing: 'being undone',
  undone: 'undone',
  undo_failed: 'not undone everywhere',
};

function buttons({ run, hosts }: RunOutline): Button[] {
  const value = String(run.id);
  if (run.state === 'reading') {
    const confirm = {
      title: 'Cancel this run?',
      text: 'Hosts that are being asked are left alone; answers so far are kept.',
      yes: 'Cancel the run',
    };
    return [button({ action: 'run_cancel', label: 'Cancel', value, style: 'danger', confirm })];
  }
  const failed = hosts.filter(({ outcome }) => outcome !== 'ok').map(({ host }) => host);
  const which = failed.length === 1 ? `${failed[0]} only` : `the ${formatNumber(failed.length)} that did not answer`;
  const only = `Run again on ${which}`;
  return [
    button({ action: 'run_again', label: 'Run again', value }),
    ...(failed.length === 0 || failed.length === hosts.length
      ? []
      : [button({ action: 'run_failed', label: only, value })]),
    button({ action: 'run_raw', label: 'Raw output', value }),
    button({ action: 'run_share', label: 'Share …', value }),
  ];
}

/** The message in plain words, for notifications and screen readers. */
function summary(input: RunMessageInput): string {
  const { view, probes, now } = input;
  const { run } = view;
  const next = whatNext(input);
  const lines =
    run.state === 'reading'
      ? [progressSentence(view), ...slowLines(view, probes, now), ...unanswered(view)]
      : [
          ...(run.detail === null ? [] : [run.detail]),
          ...(view.hosts.every(({ outcome }) => outcome === 'ok') ? [] : [ranOn(view)]),
          ...findingLines(view, SENTENCES_READ_OUT),
          ...(next === undefined ? [] : [`${next.said} ${next.type}`]),
          ...view.proposals.map(proposalSummary),
          ...unanswered(view),
        ];
  return [`Run ${run.id}: ${headlineOf(view, now)}. Asked by ${run.requester}.`, ...lines]
    .map((line) => shorten(line, 400))
    .join('\n');
}

function proposalSummary(view: ProposalView): string {
  const { id, plan, state } = view.proposal;
  const open = state === 'open' ? ['It waits for approval.'] : [];
  return [`Proposal ${id}: ${plan.title}.`, ...changeSentences(view), ...open].join(' ');
}
