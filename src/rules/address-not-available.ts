import { count, formatNumber } from '../base/format.ts';
import { plainText, shorten } from '../base/plain-text.ts';
import { formatEndpoint, parseEndpoint } from '../probes/endpoint.ts';
import type { NginxLogEntry, NginxLogFact } from '../probes/nginx-log/fact.ts';
import type { Facts } from '../probes/registry.ts';
import { budgetPorts, type PortUse, portUses } from './port-budget.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

/** F5: nginx logged that connect() got no local port, EADDRNOTAVAIL. */
export const addressNotAvailableRule = defineRule({
  id: 'address-not-available',
  code: 'F5',
  title: 'nginx was refused a local port',
  needs: ['nginx-log'],
  uses: ['sockets', 'sysctl', 'tcp-counters'],
  dependsOn: ['network-namespace'],
  thresholds: {
    minimum_recent_lines: {
      default: 1,
      unit: 'log lines',
      help: 'Fewer lines in the last ten minutes are reported as past.',
    },
  },
  evaluate: ({ facts, thresholds }: RuleInput<'minimum_recent_lines'>): readonly Finding[] => {
    const log = facts['nginx-log'];
    const entry = log?.entries.find((candidate) => candidate.class === 'address-not-available');
    if (log === undefined || entry === undefined || entry.lines === 0) return [];
    return [finding(facts, log, entry, entry.recentLines > 0 && entry.recentLines >= thresholds.minimum_recent_lines)];
  },
});

function finding(facts: Facts, log: NginxLogFact, entry: NginxLogEntry, current: boolean): Finding {
  const destination = destinationOf(entry);
  const use = useOf(facts, destination);
  return {
    rule: 'address-not-available',
    severity: current ? 'critical' : 'info',
    title: current
      ? 'nginx is refused local ports to a backend'
      : 'nginx was refused local ports to a backend, not recently',
    explanation: explanation(facts, entry, destination, use),
    evidence: evidence(log, entry, use),
    notConcluded: [
      'It does not mean that the host accepts no connections: only new outgoing connections from one source to one destination fail.',
      ...(use === undefined
        ? ['How many ports are held now is not known: no socket to that destination was seen.']
        : []),
    ],
    confidence: 'high',
    groupKey: `address-not-available:${destination ?? 'unknown'}:${current}`,
  };
}

/** `connect() to 127.0.0.1:8080 failed (99: Cannot assign requested address)`. */
function destinationOf(entry: NginxLogEntry): string | undefined {
  const endpoint = parseEndpoint(/connect\(\) to (\S{1,80}) failed \(99: /.exec(entry.last)?.[1] ?? '');
  return endpoint === undefined ? undefined : formatEndpoint(endpoint);
}

function useOf(
  { sockets, sysctl, 'tcp-counters': counters }: Facts,
  destination: string | undefined,
): PortUse | undefined {
  if (sockets === undefined || sysctl === undefined) return undefined;
  return portUses(sockets, sysctl, counters).find((use) => use.destinationText === destination);
}

function explanation(
  facts: Facts,
  entry: NginxLogEntry,
  destination: string | undefined,
  use: PortUse | undefined,
): readonly string[] {
  const to = destination === undefined ? 'a backend' : destination;
  const sentences = [
    `connect() to ${to} failed with (99: Cannot assign requested address): ${count(entry.recentLines, 'line')} in the last ten minutes, ${formatNumber(entry.lines)} in the lines read. Each of them is a request that nginx could not pass on this way.`,
  ];
  if (use !== undefined && facts.sysctl !== undefined) {
    sentences.push(
      `Now ${formatNumber(use.heldPorts)} of ${formatNumber(budgetPorts(facts.sysctl))} ports to it are held, ${formatNumber(use.timeWaitPorts)} of them in TIME_WAIT; without reuse a port comes back after 60 s.`,
    );
  }
  return sentences;
}

function evidence(log: NginxLogFact, entry: NginxLogEntry, use: PortUse | undefined): readonly Evidence[] {
  return [
    { label: 'Refused for want of a port, last 10 min', value: entry.recentLines, unit: 'log lines', source: log.file },
    {
      label: 'Refused for want of a port, all lines read',
      value: entry.lines,
      unit: 'log lines',
      source: `${log.file}, last ${formatNumber(log.linesRead)} lines`,
    },
    { label: 'Last such line', value: shorten(plainText(entry.last), 300), source: log.file },
    ...(use === undefined
      ? []
      : [
          {
            label: `Ports held from ${use.source} to ${use.destinationText}`,
            value: use.heldPorts,
            unit: 'ports',
            source: 'ss -tan',
          },
        ]),
  ];
}
