import { count, formatNumber, list } from '../base/format.ts';
import type { Facts } from '../probes/registry.ts';
import {
  type ClientCloses,
  clientCloses,
  clientsOf,
  type CloseCause,
  closeCause,
  closeRate,
  explainedTimeWait,
  limitSource,
  portsText,
  requestLimit,
} from './client-closes.ts';
import { formatRate } from './churn.ts';
import { nginxPorts, nginxRuns } from './nginx-presence.ts';
import { measuredRequests, requestEvidence } from './request-rate.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

const ID = 'client-connections-closed';

/** Size of a TIME_WAIT socket, slab object tw_sock_TCP (measured on Linux 6.18). */
const TIME_WAIT_BYTES = 256;

type Input = RuleInput<'quiet_time_wait' | 'warning_closes_per_second'>;

/** F2: connections of clients that nginx closed, and whether they are more than arithmetic. */
export const clientConnectionsClosedRule = defineRule({
  id: ID,
  code: 'F2',
  title: 'Client connections closed by nginx',
  needs: ['sockets'],
  uses: ['nginx-config', 'nginx-process', 'listeners', 'tcp-counters', 'requests'],
  dependsOn: ['nginx-config', 'network-namespace'],
  thresholds: {
    quiet_time_wait: {
      default: 100,
      unit: 'sockets',
      help: 'Below this many TIME_WAIT on its own ports nginx is simply fine.',
    },
    warning_closes_per_second: {
      default: 100,
      unit: 'per second',
      help: 'From this rate on it is worth asking why nginx closes.',
    },
  },
  evaluate: (input: Input): readonly Finding[] => {
    const { sockets } = input.facts;
    if (!sockets || nginxRuns(input.facts) === false) return [];
    const ports = nginxPorts(input.facts);
    if (ports.length === 0) return [];
    const closes = clientCloses(sockets, ports);
    if (closes.timeWait < input.thresholds.quiet_time_wait) return [quiet(input.facts, closes, ports)];
    const cause = closeCause(input.facts, closes);
    const rate = closeRate(input.facts, closes, cause);
    return [
      rate < input.thresholds.warning_closes_per_second
        ? arithmetic(input.facts, closes, cause)
        : busy(input.facts, closes, cause),
    ];
  },
});

function quiet(facts: Facts, closes: ClientCloses, ports: readonly number[]): Finding {
  const where = list(ports.slice(0, 4).map((port) => `:${port}`));
  return {
    ...common(facts, closes),
    severity: 'ok',
    title: 'Few TIME_WAIT on nginx’s own ports',
    explanation: [
      `${formatNumber(closes.timeWait)} TIME_WAIT on ${where}; nothing to fix.`,
      ...trafficSentence(facts, closes),
    ],
    notConcluded: [],
    groupKey: `${ID}:quiet`,
  };
}

function arithmetic(facts: Facts, closes: ClientCloses, cause: CloseCause): Finding {
  const where = list(portsText(closes.groups));
  const rate = formatRate(closes.closesPerSecond);
  const who = isCounted(facts) ? causeAtLowRate(cause) : [];
  const verdict = who.length > 0 ? 'harmless at this rate' : 'this is arithmetic, nothing to fix';
  return {
    ...common(facts, closes),
    severity: 'info',
    title: 'TIME_WAIT on nginx’s own ports are what its closes explain',
    explanation: [
      `${formatNumber(closes.timeWait)} TIME_WAIT on ${where} are what ${rate} closes/s explain: ${verdict}.`,
      ...(who.length > 0 ? who : trafficSentence(facts, closes)),
      ...leftOver(facts, closes),
    ],
    groupKey: `${ID}:arithmetic`,
  };
}

/** Who makes nginx close more often than it has to; empty when it does not. A low limit is named, not to be raised at this rate. */
function causeAtLowRate({ kind, harmless, sentences }: CloseCause): readonly string[] {
  if (kind === 'clients' || kind === 'timeout-zero') return sentences;
  return kind === 'request-limit' && !harmless ? sentences.slice(0, 1) : [];
}

function isCounted(facts: Facts): boolean {
  return measuredRequests(facts) !== null;
}

/** What the traffic alone explains, where requests are counted. */
function trafficSentence(facts: Facts, closes: ClientCloses): string[] {
  const explained = explainedTimeWait(facts, closes);
  const limit = requestLimit(facts);
  if (explained === null || limit === null) return [];
  const requests = formatRate(measuredRequests(facts) ?? 0);
  return [
    `${requests} requests/s with keepalive_requests ${limit.requests} alone explain ${formatNumber(explained)} TIME_WAIT (${limitSource(limit)}).`,
  ];
}

/** Traffic that was there a moment ago and is no more. */
function leftOver(facts: Facts, closes: ClientCloses): string[] {
  const accepts = facts.requests?.acceptsPerSecond ?? null;
  if (accepts === null || accepts >= closes.closesPerSecond / 2) return [];
  return [`Now ${formatRate(accepts)} client connections/s come in: most of them are left from the last 60 s.`];
}

function busy(facts: Facts, closes: ClientCloses, cause: CloseCause): Finding {
  const least = closes.saturated ? 'at least ' : '';
  const where = list(portsText(closes.groups));
  const rate = formatRate(closeRate(facts, closes, cause));
  return {
    ...common(facts, closes),
    severity: cause.harmless ? 'info' : 'warning',
    title: cause.harmless
      ? 'TIME_WAIT on nginx’s own ports are what its traffic explains'
      : 'nginx closes many client connections',
    explanation: [
      `${formatNumber(closes.timeWait)} TIME_WAIT on ${where}: nginx closes ${least}${rate} client connections/s.`,
      ...cause.sentences,
    ],
    groupKey: `${ID}:${cause.harmless ? 'arithmetic' : 'busy'}:${cause.kind}`,
  };
}

function common(
  facts: Facts,
  closes: ClientCloses,
): Pick<Finding, 'rule' | 'evidence' | 'notConcluded' | 'confidence'> {
  const kilobytes = Math.ceil((closes.timeWait * TIME_WAIT_BYTES) / 1000);
  return {
    rule: ID,
    evidence: evidence(facts, closes),
    notConcluded: [
      `They hold no ephemeral port, no file descriptor and no process: ${count(closes.timeWait, 'socket')} of ${TIME_WAIT_BYTES} bytes are ${formatNumber(kilobytes)} kB.`,
    ],
    confidence: facts['nginx-config'] ? 'high' : 'medium',
  };
}

function evidence(facts: Facts, closes: ClientCloses): Evidence[] {
  const tool = facts.sockets?.tool === 'netstat' ? 'netstat -tan' : 'ss -tan';
  const limit = requestLimit(facts);
  const counters = facts['tcp-counters'];
  const accepted = counters?.perSecond.PassiveOpens;
  const clients = clientsOf(closes.groups).slice(0, 3);
  return [
    { label: 'TIME_WAIT on nginx’s own ports', value: closes.timeWait, unit: 'sockets', source: tool },
    {
      label: 'Closes that explain them',
      value: closes.closesPerSecond,
      unit: 'per second',
      source: `${tool}, TIME_WAIT / 60 s`,
    },
    ...explainedEvidence(facts, closes),
    ...requestEvidence(facts),
    ...clients.map(({ address, sockets }) => ({
      label: `TIME_WAIT of client ${address}`,
      value: sockets,
      unit: 'sockets',
      source: tool,
    })),
    ...(accepted === undefined || !counters
      ? []
      : [
          {
            label: 'New incoming connections, all ports',
            value: accepted,
            unit: 'per second',
            source: `/proc/net/snmp, 2 samples ${formatNumber(counters.intervalSeconds)} s apart`,
          },
        ]),
    ...(limit
      ? [
          {
            label: 'keepalive_requests for clients',
            value: limit.requests,
            unit: 'requests',
            source: limitSource(limit),
          },
        ]
      : []),
    ...(facts['nginx-config']?.clientKeepaliveTimeoutMs ?? []).slice(0, 3).map(({ value, file, line }) => ({
      label: 'keepalive_timeout for clients',
      value: value / 1000,
      unit: 's',
      source: `${file}:${line}`,
    })),
  ];
}

function explainedEvidence(facts: Facts, closes: ClientCloses): Evidence[] {
  const value = explainedTimeWait(facts, closes);
  if (value === null) return [];
  const label = 'TIME_WAIT that the traffic alone explains';
  return [{ label, value, unit: 'sockets', source: 'requests/s / keepalive_requests × 60 s' }];
}
