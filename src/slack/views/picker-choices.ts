import type { PlainTextOption, SectionBlock, StaticSelect } from '@slack/types';
import { count } from '../../base/format.ts';
import { plainText, shorten } from '../../base/plain-text.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { selectHosts } from '../../inventory/selector.ts';
import type { Runbook } from '../../runbook/runbook.ts';
import { cutTo, LIMITS } from '../limits.ts';
import { hostsOf, type PickerForm } from '../picker-form.ts';
import { PICKER, runbookOption } from './picker-names.ts';

/*
 * A view has to stay under 250 kB (docs.slack.dev/reference/methods/views.open, view_too_large), so lists are cut; what is
 * not in them can be typed.
 */
const RUNBOOKS = 200;
const TERMS = 50;
const HOSTS_NAMED = 30;
const HOSTS_CHARACTERS = 2000;

/** The select of runbooks; more than a select takes are put into groups by their names. */
export function runbookSelect(runbooks: readonly Runbook[], chosen: Runbook | undefined): StaticSelect {
  const listed = runbooks.slice(0, RUNBOOKS);
  const offered = chosen && !listed.includes(chosen) ? [...listed.slice(1), chosen] : listed;
  const chunks = chunksOf(offered, LIMITS.options);
  const [only, ...more] = chunks;
  return {
    type: 'static_select',
    action_id: PICKER.runbook,
    placeholder: { type: 'plain_text', text: 'Choose a runbook' },
    ...(only && more.length === 0
      ? { options: only.map(optionOf) }
      : { option_groups: chunks.map((chunk) => ({ label: text(rangeOf(chunk)), options: chunk.map(optionOf) })) }),
    ...(chosen ? { initial_option: optionOf(chosen) } : {}),
  };
}

/** The list that adds groups, tags and hosts to the field; undefined when there are none. */
export function addSelect(inventory: Inventory): SectionBlock['accessory'] | undefined {
  if (inventory.hosts.length === 0) return undefined;
  const groups = [
    { label: 'Groups', terms: inventory.groups.map((group) => `@${group}`) },
    { label: 'Tags', terms: inventory.tags.map((tag) => `tag:${tag}`) },
    { label: 'Hosts', terms: inventory.hosts.map(({ name }): string => name) },
    { label: 'Everything', terms: ['all'] },
  ];
  const option_groups = groups
    .map(({ label, terms }) => ({ label: text(label), options: terms.flatMap((term) => termOption(inventory, term)) }))
    .map((group) => ({ ...group, options: group.options.slice(0, TERMS) }))
    .filter(({ options }) => options.length > 0);
  return { type: 'static_select', action_id: PICKER.add, placeholder: text('Add hosts …'), option_groups };
}

/** "@web: web-1, web-2, web-3 (3 hosts)", or what keeps it from being hosts. */
export function hostsText(inventory: Inventory, form: PickerForm): string {
  if (inventory.hosts.length === 0) return 'The inventory has no hosts yet: add them to it, and start the bot again.';
  if (form.problems.hosts !== undefined)
    return cutTo(nonEmpty(`Please check: ${form.problems.hosts}`), LIMITS.sectionText);
  const hosts = hostsOf(inventory, form);
  if (!hosts) return 'Which hosts? Type them above and press Enter, or choose here.';
  const names = hosts.slice(0, HOSTS_NAMED).map(({ name }) => name);
  const more = hosts.length - names.length;
  const named = shorten(`${names.join(', ')}${more > 0 ? `, and ${count(more, 'other')}` : ''}`, HOSTS_CHARACTERS);
  return nonEmpty(`${shorten(form.hosts, 300)}: ${named} (${count(hosts.length, 'host')})`);
}

function optionOf(runbook: Runbook): PlainTextOption {
  return { text: text(runbook.name), value: runbookOption(runbook), description: text(runbook.title) };
}

/** A term that is too long for an option, or that a name which holds spaces makes ambiguous, can be typed. */
function termOption(inventory: Inventory, term: string): PlainTextOption[] {
  if (term.length > LIMITS.optionValue || plainText(term) !== term || /[\s,]/.test(term)) return [];
  const hosts = term.startsWith('@') || term.startsWith('tag:') || term === 'all' ? selectHosts(inventory, term) : [];
  const description = hosts.length === 0 ? {} : { description: text(count(hosts.length, 'host')) };
  return [{ text: text(term), value: term, ...description }];
}

function rangeOf(runbooks: readonly Runbook[]): string {
  const [first, last] = [runbooks[0]?.name ?? '', runbooks.at(-1)?.name ?? ''];
  return `${shorten(first, 30)} … ${shorten(last, 30)}`;
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function text(literal: string) {
  return { type: 'plain_text', text: cutTo(nonEmpty(plainText(literal)), LIMITS.optionText), emoji: false } as const;
}

/** Slack refuses empty text. */
function nonEmpty(literal: string): string {
  const plain = plainText(literal);
  return plain === '' ? ' ' : plain;
}
