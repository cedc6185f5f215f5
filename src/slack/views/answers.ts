import type { KnownBlock } from '@slack/types';
import type { OperatorError } from '../../base/error.ts';
import { shorten } from '../../base/plain-text.ts';
import { paramHelp } from '../../engine/phrases.ts';
import type { BrokenGlass } from '../../engine/broken-glass.ts';
import type { HistoryEntry } from '../../engine/ports.ts';
import type { RunbookLibrary } from '../../runbook/load.ts';
import { bold, code, escapeText, paragraph, plain, richText, when } from '../blocks.ts';
import { LIMITS, type Message, withinLimits } from '../limits.ts';

/** What the command can do. */
export function renderHelp(command: string): Message {
  const lines: readonly (readonly [string, string])[] = [
    [`${command} list`, 'the runbooks and their params'],
    [
      `${command} run NAME on HOSTS [param=value …]`,
      'run one; hosts: web-1, @web or group:web, tag:nginx, web-*, !web-2',
    ],
    [`${command} status [ID]`, 'what runs and what waits, or one run'],
    [`${command} history [HOST] [since 2h]`, 'what ran and what came of it'],
    [`${command} cancel ID`, 'stop a run that is still asking'],
    [
      `${command} break-glass 41-1 REASON`,
      'make a change without the approvals it lacks; it is announced and reviewed',
    ],
    [`${command} review 41-1 NOTE`, 'close the review of a change for which somebody else broke glass'],
    [`${command} help`, 'this'],
  ];
  const elements = lines.flatMap(([usage, meaning]) => [code(usage), plain(`  ${meaning}\n`)]);
  const closing = 'Runs only look. A fix is proposed as an exact difference and waits until somebody else approves it.';
  return {
    text: escapeText(lines.map(([usage, meaning]) => `${usage}: ${meaning}`).join('\n')),
    blocks: [richText(paragraph(...elements), paragraph(plain(closing)))],
  };
}

/** The runbooks there are, with params and help, and those that are broken. */
export function renderRunbooks({ runbooks, broken }: RunbookLibrary): Message {
  const blocks = runbooks.map(({ name, title, description, params }): KnownBlock => {
    const lines = [shorten(description, 1200), ...params.map(paramHelp)];
    return richText(paragraph(code(name), plain('  '), bold(title), plain(`\n${lines.join('\n')}`)));
  });
  const damaged = broken.map(({ file, problems }) =>
    richText(paragraph(plain(`${file} cannot run: ${problems[0]?.message ?? 'broken'}`))),
  );
  const empty = [
    richText(paragraph(plain('There are no runbooks yet. Put one into the runbook directory; the README shows how.'))),
  ];
  return withinLimits({
    text: escapeText(
      runbooks.map(({ name, title }) => `${name}: ${title}`).join('\n') || 'There are no runbooks yet.',
      LIMITS.topLevelText,
    ),
    blocks: blocks.length + damaged.length === 0 ? empty : [...blocks, ...damaged],
    rest: 'More than fits here. On the machine of the bot, `countersign list` has all of them.',
  });
}

/** Runs, newest first. */
export function renderHistory(entries: readonly HistoryEntry[], command: string): Message {
  return entries.length === 0
    ? nothing('No runs to show. Start one:', `${command} run NAME on HOSTS`)
    : renderEntries(entries, 'More runs than fit here: name a host, or ask for less with "since 2h".');
}

/** What runs now, what waits for people, and the reviews that are open. */
export function renderUnderWay(
  entries: readonly HistoryEntry[],
  reviews: readonly BrokenGlass[],
  command: string,
): Message {
  if (entries.length === 0 && reviews.length === 0)
    return nothing('Nothing runs and nothing waits. What ran before:', `${command} history`);
  const open = reviews.map(({ proposal, person, reason }) =>
    shorten(`Review of ${proposal} is open: glass broken by ${person}: ${reason}`, 500),
  );
  return withinLimits({
    text: escapeText([...open, ...entries.map(entryText)].join('\n'), LIMITS.topLevelText),
    blocks: [...open.map((line) => richText(paragraph(bold(line)))), ...entries.map(entryBlock)],
    rest: 'More than fits here: ask for a run by its number.',
  });
}

function nothing(sentence: string, usage: string): Message {
  return { text: `${sentence} ${usage}`, blocks: [richText(paragraph(plain(`${sentence} `), code(usage)))] };
}

function renderEntries(entries: readonly HistoryEntry[], rest: string): Message {
  const text = escapeText(entries.map(entryText).join('\n'), LIMITS.topLevelText);
  return withinLimits({ text, blocks: entries.map(entryBlock), rest });
}

function entryBlock(entry: HistoryEntry): KnownBlock {
  return richText(paragraph(when(entry.run.createdAt), plain(`  ${entryText(entry)}`)));
}

function entryText({ run, hosts, worst, proposals }: HistoryEntry): string {
  const answered = hosts.filter(({ outcome }) => outcome === 'ok').length;
  const found =
    run.state === 'finished' ? (worst ? `${worst.severity.toUpperCase()} ${worst.title}` : 'nothing found') : run.state;
  const changes = proposals.map(({ id, title, state }) => `${id} ${title}: ${state.replaceAll('_', ' ')}`);
  return shorten(
    [
      `run ${run.id}: ${run.runbook} on ${run.selector}, ${answered} of ${hosts.length} answered, asked by ${run.requester}`,
      found,
      ...changes,
    ].join(' · '),
    1500,
  );
}

/** An error for the person who caused it: what, and what to do instead. */
export function renderError(error: Pick<OperatorError, 'located' | 'hint'>): Message {
  const what = shorten(error.located, LIMITS.sectionText);
  const hint = error.hint === undefined ? [] : [shorten(error.hint, LIMITS.sectionText)];
  return {
    text: escapeText([what, ...hint].join('\n'), LIMITS.topLevelText),
    blocks: [richText(paragraph(bold(what), ...hint.map((sentence) => plain(`\n${sentence}`))))],
  };
}

/** A sentence for the person who asked. */
export function renderNotice(sentence: string): Message {
  return {
    text: escapeText(sentence, LIMITS.topLevelText),
    blocks: [richText(paragraph(plain(shorten(sentence, LIMITS.sectionText))))],
  };
}
