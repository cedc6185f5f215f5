import { OperatorError } from '../base/error.ts';
import { nearMatches } from '../base/near-match.ts';
import type { Host } from './host.ts';
import type { Inventory } from './inventory.ts';

/**
 * The hosts that a selector names, in inventory order.
 *
 * Terms, separated by commas or spaces: `web-1` (a host), `@web` or `group:web` (a group), `tag:nginx`, `web-*` (names by
 * pattern), `web` (a host, else a group), `all`, and `!term` (leave these out). With only `!` terms the rest of the
 * inventory is meant. Slack may send `@web` as `<!subteam^S1|@web>` or `<@U1|web>`, `@here` as `<!here>`, and a name with
 * dots as a link `<http://web-1.example|web-1.example>`; the label counts then.
 * Throws request/unknown-host with near matches, or request/invalid-selector.
 */
export function selectHosts(inventory: Inventory, selector: string): Host[] {
  const terms = plainLabels(selector)
    .split(/[\s,]+/)
    .filter((term) => term !== '');
  if (terms.length === 0) {
    throw new OperatorError('request/invalid-selector', { message: 'no hosts are named', hint: examples(inventory) });
  }
  const excluding = terms.filter((term) => term.startsWith('!'));
  const including = terms.filter((term) => !term.startsWith('!'));
  const left = new Set(excluding.flatMap((term) => matching(inventory, term.slice(1) || term)));
  const named = new Set(
    including.length === 0 ? inventory.hosts : including.flatMap((term) => matching(inventory, term)),
  );
  const chosen = inventory.hosts.filter((host) => named.has(host) && !left.has(host));
  if (chosen.length > 0) return chosen;
  throw new OperatorError('request/invalid-selector', {
    message: `"${selector.trim()}" leaves no host`,
    hint: examples(inventory),
  });
}

function matching(inventory: Inventory, term: string): readonly Host[] {
  if (term === 'all') return inventory.hosts;
  const [, kind, name = ''] = /^(@|group:|tag:)?(.*)$/s.exec(term) ?? [];
  if (term.startsWith('<'))
    throw new OperatorError('request/invalid-selector', {
      message: `"${term}" is a mention of Slack's, not a name of the inventory`,
      hint: 'Write a group as group:NAME, so that Slack does not turn it into a mention.',
    });
  if (name === '')
    throw new OperatorError('request/invalid-selector', {
      message: `"${term}" names nothing`,
      hint: examples(inventory),
    });
  if (kind === 'tag:')
    return orUnknown(
      inventory.hosts.filter((host) => host.tags.includes(name)),
      'tag',
      term,
      tagTerms(inventory),
    );
  const group = inventory.hosts.filter((host) => host.groups.includes(name));
  if (kind === '@' || kind === 'group:') return orUnknown(group, 'group', term, groupTerms(inventory));
  if (name.includes('*')) return orUnknown(byPattern(inventory, name), 'host', term, []);
  const host = inventory.host(name);
  return host
    ? [host]
    : orUnknown(group, 'host', term, [...inventory.hosts.map((known) => known.name), ...groupTerms(inventory)]);
}

function orUnknown(hosts: readonly Host[], kind: string, term: string, known: readonly string[]): readonly Host[] {
  if (hosts.length > 0) return hosts;
  const hint =
    suggestion(term, known) ??
    (known.length === 0 ? 'No host has such a name.' : `Known: ${known.slice(0, 20).join(', ')}.`);
  const what = kind === 'host' && term.includes('*') ? `no host matches "${term}"` : `unknown ${kind} "${term}"`;
  throw new OperatorError('request/unknown-host', { message: what, hint, details: { term } });
}

/** Near matches by bare name, so that `group:wbe` and `wbe` both suggest `@web`. */
function suggestion(term: string, known: readonly string[]): string | undefined {
  const near = nearMatches(bareName(term), [...new Set(known.map(bareName))]);
  const terms = near.flatMap((name) => known.filter((candidate) => bareName(candidate) === name));
  return terms.length === 0 ? undefined : `Did you mean ${terms.slice(0, 3).join(' or ')}?`;
}

function bareName(term: string): string {
  return term.replace(/^(?:@|group:|tag:)/, '');
}

function byPattern(inventory: Inventory, pattern: string): Host[] {
  const parts = pattern.split('*');
  return inventory.hosts.filter((host) => matchesParts(host.name, parts));
}

/** Whether `name` is made of these literal parts with anything between them; linear, so no pattern can be slow. */
function matchesParts(name: string, parts: readonly string[]): boolean {
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

/** The selector as a person wrote it, where Slack made a mention or a link of a name. */
export function plainLabels(selector: string): string {
  return selector.replace(/<[^|<>\s]*\|([^<>]*)>/g, '$1').replace(/<!(here|channel|everyone)>/g, '@$1');
}

function groupTerms(inventory: Inventory): string[] {
  return inventory.groups.map((group) => `@${group}`);
}

function tagTerms(inventory: Inventory): string[] {
  return inventory.tags.map((tag) => `tag:${tag}`);
}

function examples(inventory: Inventory): string {
  const words = [...groupTerms(inventory), ...inventory.hosts.map((host) => host.name)].slice(0, 6);
  return words.length === 0
    ? 'The inventory is empty: add hosts to it.'
    : `Name hosts, for example ${words.join(', ')}.`;
}
