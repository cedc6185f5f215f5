import { formatDuration } from '../../base/duration.ts';
import { count } from '../../base/format.ts';
import type { HostName } from '../../base/ids.ts';
import type { Check, CheckId, HostCheck, HostChecks } from './model.ts';

/*
 * What Slack and the command line share about a look at hosts. Plain text; who shows it escapes it.
 */

/** What a check is called. */
export const CHECK_LABELS: Readonly<Record<CheckId, string>> = {
  reachable: 'reachable',
  'host-key': 'host key',
  login: 'login',
  sudo: 'sudo',
  tools: 'tools',
  nginx: 'nginx',
  clock: 'clock',
};

/** "2 of 3 hosts ready, 1 of them with warnings · 1.2 s". */
export function readiness({ hosts, durationMs }: HostCheck): string {
  const ready = hosts.filter(({ state }) => state !== 'failed');
  const warned = ready.filter(({ state }) => state === 'warning').length;
  const among = warned === 0 ? '' : `, ${warned} of them with warnings`;
  return `${ready.length} of ${count(hosts.length, 'host')} ready${among} · ${formatDuration(durationMs)}`;
}

const SEVERITY = { failed: 0, warning: 1, ok: 2 } as const;

/** The hosts with problems first, each kind in inventory order. */
export function problemsFirst(hosts: readonly HostChecks[]): HostChecks[] {
  return [...hosts].sort((a, b) => SEVERITY[a.state] - SEVERITY[b.state]);
}

/** Hosts in the same condition: every check ended the same, whatever addresses, keys and times they showed. */
export interface HostGroup {
  readonly state: HostChecks['state'];
  readonly hosts: readonly HostName[];
  readonly checks: readonly GroupCheck[];
}

/** A check of a group; `details` are what its hosts showed, each once, with the hosts that did. */
export interface GroupCheck extends Omit<Check, 'detail'> {
  readonly details: readonly { readonly hosts: readonly HostName[]; readonly text: string }[];
}

/** Hosts in the same condition together; problems first, then the smaller groups, for outliers tell more. */
export function hostGroups({ hosts }: HostCheck): HostGroup[] {
  const alike = new Map<string, HostChecks[]>();
  for (const host of hosts) {
    const key = JSON.stringify(
      host.checks.map(({ id, state, saw, todo, items }) => [id, state, saw, told(todo, host), items]),
    );
    alike.set(key, [...(alike.get(key) ?? []), host]);
  }
  const groups = [...alike.values()].map(groupOf);
  return groups.sort((a, b) => SEVERITY[a.state] - SEVERITY[b.state] || a.hosts.length - b.hosts.length);
}

/** What to do is the same for hosts although it names each. */
function told(todo: string | null, { host, checks }: HostChecks): string | null {
  const key = checks.find(({ id }) => id === 'host-key')?.detail?.match(/SHA256:[A-Za-z0-9+/]{43}/)?.[0];
  const unnamed = todo?.replaceAll(host, '…') ?? null;
  return key === undefined ? unnamed : (unnamed?.replaceAll(key, '…') ?? null);
}

function groupOf(members: readonly HostChecks[]): HostGroup {
  const [first] = members;
  return {
    state: first?.state ?? 'ok',
    hosts: members.map(({ host }) => host),
    checks: (first?.checks ?? []).map(({ detail: _detail, ...made }, index) => ({
      ...made,
      details: detailsOf(members, index),
    })),
  };
}

function detailsOf(members: readonly HostChecks[], index: number): GroupCheck['details'] {
  const by = new Map<string, HostName[]>();
  for (const { host, checks } of members) {
    const text = checks[index]?.detail ?? null;
    if (text !== null) by.set(text, [...(by.get(text) ?? []), host]);
  }
  return [...by].map(([text, hosts]) => ({ hosts, text }));
}
