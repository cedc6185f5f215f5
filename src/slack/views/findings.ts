import type { KnownBlock, RichTextElement } from '@slack/types';
import { count, formatNumber, list } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import { caveats, type Explanation, explanations, type FindingGroup, type RunOutline } from '../../engine/view.ts';
import { bold, code, italic, paragraph, plain, richText } from '../blocks.ts';

/** Severities in words. */
export const LABELS = { critical: 'CRITICAL', warning: 'WARNING', info: 'INFO', ok: 'OK' } as const;

const EXPLANATIONS = 3;
const HOSTS_NAMED = 10;
/** From this many hosts on they are counted, too. */
const HOSTS_UNCOUNTED = 3;
const SENTENCE = 900;
const NOT_JUDGED = 10;

/** The findings of a run, worst first; among equals the one on fewest hosts first. */
export function findingBlocks(view: RunOutline): KnownBlock[] {
  return view.findings.map((group) => findingBlock(group, view));
}

/** One finding with its hosts; what is said of several hosts is said once, and of many explanations the first few. */
function findingBlock(group: FindingGroup, view: RunOutline): KnownBlock {
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
      bold(`${LABELS[group.severity]}  ${shorten(group.title, SENTENCE)}`),
      plain('   '),
      ...hostNames(group.hosts),
      ...outlierNote(group, view),
      ...shown.flatMap((explanation) => sayings(explanation, group, plain)),
      ...(hidden > 0 ? [plain(`\nThe other ${count(hidden, 'host')}: in the thread.`)] : []),
      ...warned.flatMap((caveat) => sayings(caveat, group, italic)),
    ),
  );
}

/** That a finding has another cause, or other words, on most of the hosts that have it. */
function outlierNote(group: FindingGroup, view: RunOutline): RichTextElement[] {
  const rule = ruleOf(group);
  const most = Math.max(
    0,
    ...view.findings
      .filter((other) => other !== group && ruleOf(other) === rule && other.severity === group.severity)
      .map(({ hosts }) => hosts.length),
  );
  return most > group.hosts.length ? [plain(` (not the same as on ${count(most, 'other host')})`)] : [];
}

function ruleOf({ findings }: FindingGroup): string | undefined {
  return findings[0]?.finding.rule;
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
    ...(hosts.length > HOSTS_UNCOUNTED ? [plain(`${count(hosts.length, 'host')}: `)] : []),
    ...hosts.slice(0, HOSTS_NAMED).flatMap((host) => [code(host), plain(' ')]),
    ...(hidden > 0 ? [plain(`and ${formatNumber(hidden)} more `)] : []),
  ];
}

/** The findings as lines of plain text, each with what is said of it. */
export function findingLines({ findings }: RunOutline, sentencesEach: number): string[] {
  return findings.flatMap((group) => {
    const said = explanations(group).flatMap(({ sentences }) => sentences);
    const head = `${LABELS[group.severity]} ${group.title} (${someHosts(group.hosts)})`;
    return [head, ...said.slice(0, sentencesEach)].map((line) => shorten(line, 400));
  });
}

/** "web-1 and web-2", or "50 hosts: web-1, …": few enough to be read. */
export function someHosts(hosts: readonly string[]): string {
  const hidden = hosts.length - HOSTS_NAMED;
  const named = hidden > 0 ? [...hosts.slice(0, HOSTS_NAMED), `${formatNumber(hidden)} more`] : hosts;
  return `${hosts.length > HOSTS_UNCOUNTED ? `${count(hosts.length, 'host')}: ` : ''}${list(named)}`;
}

/** What no rule could say, and why: the same reason once with all its hosts. */
export function notJudgedBlocks({ notConcluded }: RunOutline): KnownBlock[] {
  const reasons = new Map<string, string[]>();
  for (const { host, rule, because } of notConcluded) {
    const key = `${rule}: ${shorten(because, 300)}`;
    reasons.set(key, [...(reasons.get(key) ?? []), host]);
  }
  if (reasons.size === 0) return [];
  const lines = [...reasons].map(([reason, hosts]) => `${someHosts(hosts)}: ${reason}`);
  const hidden = lines.length - NOT_JUDGED;
  const told = [...lines.slice(0, NOT_JUDGED), ...(hidden > 0 ? [`and ${formatNumber(hidden)} more`] : [])];
  return [richText(paragraph(bold('Not judged'), plain(`\n${told.join('\n')}`)))];
}
