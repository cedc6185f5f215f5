import type { KnownBlock } from '@slack/types';
import type { OperatorError } from '../../base/error.ts';
import { count } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import type { BrokenGlass } from '../../engine/broken-glass.ts';
import { paramHelp } from '../../engine/phrases.ts';
import type { HistoryEntry } from '../../engine/ports.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { RunbookLibrary } from '../../runbook/load.ts';
import { bold, code, escapeText, paragraph, plain, richText, when } from '../blocks.ts';
import { LIMITS, type Message, withinLimits } from '../limits.ts';

/** Names that make the help's examples ones that work here. */
interface HelpExamples {
  readonly runbooks: Pick<RunbookLibrary, 'runbooks'>;
  readonly inventory: Pick<Inventory, 'groups' | 'hosts'>;
}

/** What the command can do, in the order in which somebody in trouble needs it. */
export function renderHelp(command: string, examples?: HelpExamples): Message {
  const names = examples?.runbooks.runbooks.map((runbook) => runbook.name) ?? [];
  const name = shorten(names.find((known) => known === 'time-wait') ?? names[0] ?? 'time-wait', 60);
  const group = examples?.inventory.groups[0];
  const hosts = shorten(group === undefined ? (examples?.inventory.hosts[0]?.name ?? '@web') : `@${group}`, 60);
  const sections: readonly HelpSection[] = [
    ['Something is wrong: look', lookLines(command, name, hosts)],
    ['What is going on', statusLines(command)],
    ['Do something about it', actLines(command)],
  ];
  const blocks = sections.map(([title, lines]) =>
    richText(
      paragraph(bold(title), ...lines.flatMap(([usage, meaning]) => [plain('\n'), code(usage), plain(`  ${meaning}`)])),
    ),
  );
  const closing =
    'A run only looks. A fix is proposed as an exact difference, and waits until somebody else approves it with a button. ' +
    'Hosts: web-1, @web or group:web, tag:nginx, web-*, all; !web-2 leaves one out.';
  const said = sections.flatMap(([title, lines]) => [
    title,
    ...lines.map(([usage, meaning]) => `${usage}: ${meaning}`),
  ]);
  return {
    text: escapeText([...said, closing].join('\n'), LIMITS.topLevelText),
    blocks: [...blocks, richText(paragraph(plain(closing)))],
  };
}

type HelpLine = readonly [usage: string, meaning: string];
type HelpSection = readonly [title: string, lines: readonly HelpLine[]];

function lookLines(command: string, name: string, hosts: string): HelpLine[] {
  return [
    [command, 'choose a runbook, hosts and params in a dialog'],
    [`${command} run NAME on HOSTS [param=value …]`, `run one: ${command} run ${name} on ${hosts}`],
    [`${command} list`, 'which runbooks there are, what each tells, and their params'],
    [`${command} hosts [HOSTS]`, `which hosts there are; ${command} hosts ${hosts}: what works on them`],
  ];
}

function statusLines(command: string): HelpLine[] {
  return [
    [`${command} status [ID]`, 'what runs and what waits, or how far one run is'],
    [`${command} show 41`, 'one run as a whole; 41-1: one proposal, who decided, what came of it'],
    [`${command} history [HOST] [since 2h]`, 'what ran and what came of it'],
  ];
}

function actLines(command: string): HelpLine[] {
  return [
    [
      `${command} again [ID] [failed]`,
      'the last run here, or run ID, once more; failed: only hosts that did not answer',
    ],
    [`${command} cancel [ID]`, 'stop your run here, or run ID, while it is still asking'],
    [
      `${command} break-glass 41-1 REASON`,
      'make a change without the approvals it lacks; it is announced and reviewed',
    ],
    [`${command} review 41-1 NOTE`, 'close the review of a change for which somebody else broke glass'],
    [`${command} help`, 'this'],
  ];
}

/** The runbooks there are, with params and help, and those that are broken. */
export function renderRunbooks({ runbooks, broken }: RunbookLibrary, command = '/runbook'): Message {
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
    keep:
      runbooks.length === 0
        ? []
        : [
            richText(
              paragraph(
                plain('Run one: '),
                code(`${command} run NAME on HOSTS`),
                plain(', or choose in a dialog: '),
                code(command),
              ),
            ),
          ],
    rest: 'More than fits here. On the machine of the bot, `countersign list` has all of them.',
  });
}

/** Runs, newest first. */
export function renderHistory(entries: readonly HistoryEntry[], command: string): Message {
  return entries.length === 0
    ? nothing('No runs to show. Start one:', `${command} run NAME on HOSTS`)
    : renderEntries(entries, 'More runs than fit here: name a host, or ask for less with "since 2h".');
}

/** The hosts there are, by group, and how to find out what works on them. */
export function renderInventory({ hosts, groups, tags }: Inventory, command: string): Message {
  if (hosts.length === 0)
    return nothing(
      'The inventory has no hosts yet. Add them to it and start the bot again; then:',
      `${command} hosts all`,
    );
  const inGroups = groups.map((group): [string, string[]] => [
    `@${group}`,
    hosts.filter((host) => host.groups.includes(group)).map(({ name }) => name),
  ]);
  const alone = hosts.filter((host) => host.groups.length === 0).map(({ name }): string => name);
  const lines = [...inGroups, ...(alone.length > 0 ? [['in no group', alone] as const] : [])].map(
    ([label, names]) => [label, shorten(`${names.join(', ')} (${count(names.length, 'host')})`, 900)] as const,
  );
  const tagged = tags.length === 0 ? [] : [shorten(`Tags: ${tags.map((tag) => `tag:${tag}`).join(', ')}`, 900)];
  return withinLimits({
    text: escapeText([...lines.map((line) => line.join(': ')), ...tagged].join('\n'), LIMITS.topLevelText),
    blocks: [
      ...lines.map(([label, names]) => richText(paragraph(bold(shorten(label, 200)), plain(`  ${names}`)))),
      ...tagged.map((line) => richText(paragraph(plain(line)))),
    ],
    keep: [
      richText(
        paragraph(
          plain('What works on them: '),
          code(`${command} hosts ${groups[0] ? `@${shorten(groups[0], 100)}` : 'all'}`),
        ),
      ),
    ],
    rest: 'More hosts than fit here. On the machine of the bot, `countersign hosts` has all of them.',
  });
}

/** Runs that are under way, to choose one to cancel. */
export function renderReading(entries: readonly HistoryEntry[], command: string): Message {
  if (entries.length === 0)
    return nothing('Nothing is being asked now, so there is nothing to cancel. What ran:', `${command} history`);
  const lead = `Which one? ${count(entries.length, 'run')} ${entries.length === 1 ? 'is' : 'are'} still asking; ${command} cancel ID stops one.`;
  return withinLimits({
    text: escapeText([lead, ...entries.map(entryText)].join('\n'), LIMITS.topLevelText),
    blocks: [richText(paragraph(bold(lead))), ...entries.map(entryBlock)],
    rest: 'More runs than fit here.',
  });
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
