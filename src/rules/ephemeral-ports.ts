import { formatNumber, list } from '../base/format.ts';
import { parseEndpoint, formatEndpoint } from '../probes/endpoint.ts';
import type { NginxLogEntry } from '../probes/nginx-log/fact.ts';
import type { Facts } from '../probes/registry.ts';
import type { SysctlFact } from '../probes/sysctl/fact.ts';
import { budgetPorts, type PortUse, portUses } from './port-budget.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

const SHOWN = 5;

type Input = RuleInput<'warning_share' | 'critical_share'>;

/** F4: the ephemeral ports from one source to one destination are running out. */
export const ephemeralPortsRule = defineRule({
  id: 'ephemeral-ports',
  code: 'F4',
  title: 'Ephemeral ports to one destination are running out',
  needs: ['sockets', 'sysctl'],
  uses: ['tcp-counters', 'nginx-log'],
  dependsOn: ['network-namespace'],
  thresholds: {
    warning_share: {
      default: 0.5,
      unit: 'share of the ports',
      help: 'From here on the ports of one parity are used up and connect() searches longer.',
    },
    critical_share: {
      default: 0.8,
      unit: 'share of the ports',
      help: 'From here on a burst is enough for connect() to fail.',
    },
  },
  evaluate: (input: Input): readonly Finding[] => {
    const { sockets, sysctl } = input.facts;
    if (sockets === undefined || sysctl === undefined) return [];
    const refused = refusedDestination(input.facts);
    const uses = portUses(sockets, sysctl, input.facts['tcp-counters']);
    const concerned = uses.filter(
      (use) => use.share >= input.thresholds.warning_share || use.destinationText === refused,
    );
    return concerned.length === 0 ? [] : [finding(input, concerned, sysctl, refused)];
  },
});

/** The destination of the last `(99: …)` line of the last ten minutes; undefined when there is none or it names none. */
function refusedDestination(facts: Facts): string | undefined {
  if (recentRefusals(facts) === 0) return undefined;
  const endpoint = parseEndpoint(
    /connect\(\) to (\S{1,80}) failed \(99: /.exec(refusals(facts)?.last ?? '')?.[1] ?? '',
  );
  return endpoint === undefined ? undefined : formatEndpoint(endpoint);
}

function refusals(facts: Facts): NginxLogEntry | undefined {
  return facts['nginx-log']?.entries.find((entry) => entry.class === 'address-not-available');
}

function recentRefusals(facts: Facts): number {
  return refusals(facts)?.recentLines ?? 0;
}

function finding(input: Input, uses: readonly PortUse[], sysctl: SysctlFact, refused: string | undefined): Finding {
  const unattributed = refused === undefined && recentRefusals(input.facts) > 0;
  const critical =
    unattributed || uses.some((use) => use.share >= input.thresholds.critical_share || use.destinationText === refused);
  return {
    rule: 'ephemeral-ports',
    severity: critical ? 'critical' : 'warning',
    title: 'Ephemeral ports to one destination are running out',
    explanation: explanation(uses, sysctl, refused),
    evidence: evidence(input.facts, uses, sysctl),
    notConcluded: notConcluded(input.facts),
    confidence: input.facts.sockets?.omittedSockets === 0 ? 'high' : 'medium',
    groupKey: `ephemeral-ports:${[...new Set(uses.map((use) => use.destinationText))].sort().join(',')}`,
  };
}

function explanation(uses: readonly PortUse[], sysctl: SysctlFact, refused: string | undefined): readonly string[] {
  const [fullest] = uses;
  if (fullest === undefined) return [];
  const ports = budgetPorts(sysctl);
  const sentences = [
    `${formatNumber(fullest.heldPorts)} of ${formatNumber(ports)} ports from ${fullest.source} to ${fullest.destinationText} are held, ${formatNumber(fullest.timeWaitPorts)} of them in TIME_WAIT (this host closed first); ${formatNumber(fullest.freePorts)} can be taken now.`,
    fullest.reuse
      ? `Ports in TIME_WAIT are taken over after ${sysctl.tcpTwReuseDelayMs ?? 1000} ms (tcp_tw_reuse=${sysctl.tcpTwReuse}, timestamps on), so ${formatNumber(fullest.blockedPorts)} ports count as used: ${percent(fullest.share)}.`
      : `TIME_WAIT ports cannot be taken over here (${reuseReason(sysctl)}), so ${percent(fullest.share)} are used; more than ${formatNumber(fullest.sustainablePerSecond)} new connections per second to one destination use them all up.`,
  ];
  if (fullest.heldPorts > ports)
    sentences.push('More ports are held than the range has now: some were taken while it was wider or less reserved.');
  if (uses.length > 1)
    sentences.push(`The same holds for ${list(uses.slice(1, SHOWN).map((use) => use.destinationText))}.`);
  if (refused !== undefined)
    sentences.push(
      `nginx was refused a port to ${refused} in the last ten minutes (99: Cannot assign requested address).`,
    );
  return sentences;
}

function reuseReason({ tcpTimestamps, tcpTwReuse }: SysctlFact): string {
  if (tcpTimestamps !== 1 && tcpTimestamps !== 2) return `tcp_timestamps is ${tcpTimestamps ?? 'absent'}`;
  return tcpTwReuse === 2 ? 'tcp_tw_reuse=2 is for loopback only' : `tcp_tw_reuse is ${tcpTwReuse ?? 'absent'}`;
}

function evidence(facts: Facts, uses: readonly PortUse[], sysctl: SysctlFact): readonly Evidence[] {
  const tool = facts.sockets?.tool === 'netstat' ? 'netstat -tan' : 'ss -tan';
  const { low, high } = sysctl.localPortRange;
  const counters = facts['tcp-counters'];
  const opens = counters?.perSecond.ActiveOpens;
  const log = facts['nginx-log'];
  const refused = recentRefusals(facts);
  return [
    ...uses.slice(0, SHOWN).flatMap((use): Evidence[] => [
      {
        label: `Ports held from ${use.source} to ${use.destinationText}`,
        value: use.heldPorts,
        unit: 'ports',
        source: tool,
      },
      {
        label: `In TIME_WAIT from ${use.source} to ${use.destinationText}`,
        value: use.timeWaitPorts,
        unit: 'ports',
        source: tool,
      },
    ]),
    {
      label: 'Ports that the kernel may assign',
      value: budgetPorts(sysctl),
      unit: 'ports',
      source: `ip_local_port_range ${low} ${high} without ip_local_reserved_ports`,
    },
    { label: 'tcp_tw_reuse', value: sysctl.tcpTwReuse ?? 'absent', source: '/proc/sys/net/ipv4/tcp_tw_reuse' },
    { label: 'tcp_timestamps', value: sysctl.tcpTimestamps ?? 'absent', source: '/proc/sys/net/ipv4/tcp_timestamps' },
    ...(opens === undefined || counters === undefined
      ? []
      : [
          {
            label: 'New outgoing connections, all destinations',
            value: opens,
            unit: 'per second',
            source: `/proc/net/snmp, 2 samples ${counters.intervalSeconds} s apart`,
          },
        ]),
    ...(refused === 0 || log === undefined
      ? []
      : [{ label: 'Refused for want of a port, last 10 min', value: refused, unit: 'log lines', source: log.file }]),
  ];
}

function notConcluded(facts: Facts): readonly string[] {
  const omitted = facts.sockets?.omittedSockets ?? 0;
  return [
    'Incoming connections and connections to other destinations are not affected: the ports are counted per source and destination.',
    'TIME_WAIT on the accepting side holds no ephemeral port and is not counted here.',
    ...(omitted === 0
      ? []
      : [`${formatNumber(omitted)} sockets are in groups too small to be listed; a share can be higher than shown.`]),
  ];
}

function percent(share: number): string {
  return `${Math.round(Math.min(1, share) * 100)} %`;
}
