import type { KnownBlock, RichTextElement } from '@slack/types';
import { count, list } from '../../base/format.ts';
import { shorten } from '../../base/plain-text.ts';
import type { HostCheck } from '../../engine/host-check/model.ts';
import {
  CHECK_LABELS,
  type GroupCheck,
  type HostGroup,
  hostGroups,
  readiness,
} from '../../engine/host-check/report.ts';
import { bold, code, context, escapeText, paragraph, plain, richText } from '../blocks.ts';
import { LIMITS, type Message, withinLimits } from '../limits.ts';

const HOSTS_NAMED = 60;
const DETAILS_TOLD = 3;
const ITEMS_TOLD = 6;
const SENTENCE = 400;

const LABELS = { failed: 'FAILED', warning: 'WARNING', ok: 'READY' } as const;
const NOT_READY = { failed: 'Failed', warning: 'With warnings' } as const;

/**
 * What works on hosts, for one person's eyes: hosts in the same condition once, those with problems first. `command` is the
 * slash command by which it is asked again.
 */
export function renderHostCheck(check: HostCheck, command: string): Message {
  const groups = hostGroups(check);
  const selector = shorten(check.selector, 200);
  return withinLimits({
    text: escapeText(
      [`hosts ${selector}: ${readiness(check)}`, ...groups.map(groupText)].join('\n'),
      LIMITS.topLevelText,
    ),
    blocks: [
      richText(paragraph(bold(`hosts ${selector}`), plain(` · ${readiness(check)}`), ...troubled(groups))),
      ...groups.map(groupBlock),
    ],
    keep: [context({ literal: nextStep(check, command) })],
    rest: 'More than fits here: name fewer hosts, or run `countersign hosts check` on the machine of the bot.',
  });
}

/** Every host with a problem by name, before any reason: what does not fit below is still told of. */
function troubled(groups: readonly HostGroup[]): RichTextElement[] {
  return (['failed', 'warning'] as const).flatMap((state) => {
    const hosts = groups.filter((group) => group.state === state).flatMap((group) => group.hosts);
    return hosts.length === 0 ? [] : [plain(`\n${NOT_READY[state]}: ${named(hosts)}`)];
  });
}

function groupBlock(group: HostGroup): KnownBlock {
  const { state, hosts, checks } = group;
  const several = hosts.length > 1 ? `${count(hosts.length, 'host')}: ` : '';
  return richText(
    paragraph(
      bold(LABELS[state]),
      plain(`  ${several}`),
      code(named(hosts)),
      ...checks.filter(isProblem).flatMap((check) => problem(check, group)),
      ...fine(group),
      ...leftOut(checks),
    ),
  );
}

function isProblem({ state }: GroupCheck): boolean {
  return state === 'failed' || state === 'warning';
}

function problem(check: GroupCheck, { hosts }: HostGroup): RichTextElement[] {
  const { id, state, saw, todo, items, details } = check;
  const told = details.slice(0, DETAILS_TOLD).map(({ text, hosts: showing }) => {
    const whose = hosts.length > 1 && showing.length < hosts.length ? `${named(showing)}: ` : '';
    return plain(`\n    ${whose}${shorten(text, SENTENCE)}`);
  });
  return [
    plain('\n'),
    ...(state === 'failed' ? [bold(CHECK_LABELS[id])] : [plain(CHECK_LABELS[id])]),
    plain(`: ${shorten(saw, SENTENCE)}`),
    ...told,
    ...more(details.length - told.length),
    ...items.slice(0, ITEMS_TOLD).flatMap((item) => [plain('\n    '), code(shorten(item, 200))]),
    ...more(items.length - ITEMS_TOLD),
    ...(todo === null ? [] : [plain(`\n    ${shorten(todo, SENTENCE)}`)]),
  ];
}

function more(hidden: number): RichTextElement[] {
  return hidden > 0 ? [plain(`\n    and ${hidden} more`)] : [];
}

/** What works, in one line; what only this host showed when it is one, else what all of them did. */
function fine({ hosts, checks }: HostGroup): RichTextElement[] {
  const works = checks.filter(({ state }) => state === 'ok');
  if (works.length === 0) return [];
  const words = works.map(({ id, saw, details: [first] }) => {
    const detail = first && first.hosts.length === hosts.length ? ` (${shorten(first.text, 150)})` : '';
    return id === 'nginx' ? `${CHECK_LABELS[id]}: ${saw.replace(/\.$/, '')}${detail}` : `${CHECK_LABELS[id]}${detail}`;
  });
  return [plain(`\nWorks: ${shorten(words.join(' · '), 900)}`)];
}

function leftOut(checks: readonly GroupCheck[]): RichTextElement[] {
  const left = checks.filter(({ state }) => state === 'not_reached').map(({ id }) => CHECK_LABELS[id]);
  return left.length === 0 ? [] : [plain(`\nNot looked at: ${list(left)}`)];
}

function named(hosts: readonly string[]): string {
  const hidden = hosts.length - HOSTS_NAMED;
  return `${hosts.slice(0, HOSTS_NAMED).join(' ')}${hidden > 0 ? ` and ${hidden} more` : ''}`;
}

function nextStep({ selector, hosts }: HostCheck, command: string): string {
  return hosts.every(({ state }) => state === 'ok')
    ? `Everything works. ${command} list shows what can be run on them.`
    : `Nothing was changed. Look again: ${command} hosts ${shorten(selector, 200)}`;
}

/** A group in plain words, for notifications and screen readers. */
function groupText({ state, hosts, checks }: HostGroup): string {
  const problems = checks.filter(isProblem).map(({ id, saw }) => `${CHECK_LABELS[id]}: ${saw}`);
  return shorten([`${LABELS[state]} ${named(hosts)}`, ...problems].join(' · '), 400);
}
