import { formatNumber } from '../base/format.ts';
import { formatEndpoint, isLoopback } from '../probes/endpoint.ts';
import type { NginxConfigFact } from '../probes/nginx-config/fact.ts';
import type { Facts } from '../probes/registry.ts';
import type { SocketGroup, SocketsFact } from '../probes/sockets/fact.ts';
import { stockAdvice } from './advice.ts';
import { type BackendTraffic, backendTraffic, isTimeWait, timeWaitOf, trafficTo } from './backend-traffic.ts';
import {
  CHURN_THRESHOLDS,
  type Churn,
  type ChurnInput,
  churnEvidence,
  churnOf,
  churnSentence,
  exhaustsPorts,
  notExhaustion,
} from './churn.ts';
import { gapsEvidence, gapsKey, gapsOf, gapsSentence } from './gaps.ts';
import { nginxListensOn, nginxRuns } from './nginx-presence.ts';
import { nginxVersion, poolings } from './pooling.ts';
import { defineRule, type Finding } from './rule.ts';

const ID = 'upstream-not-pooled';

/** F1: nginx opens a connection to a backend for every request. */
export const upstreamNotPooledRule = defineRule({
  id: ID,
  code: 'F1',
  title: 'Upstream connections are not pooled',
  needs: ['sockets', 'tcp-counters'],
  uses: ['nginx-config', 'nginx-process', 'listeners', 'sysctl', 'nginx-log', 'requests'],
  dependsOn: ['nginx-config', 'network-namespace'],
  thresholds: CHURN_THRESHOLDS,
  evaluate: (input: ChurnInput): readonly Finding[] => {
    const { sockets, 'nginx-config': config } = input.facts;
    if (!sockets || nginxRuns(input.facts) === false) return [];
    return config ? fromConfig(input, config, sockets) : fromSockets(input, sockets);
  },
});

function fromConfig(input: ChurnInput, config: NginxConfigFact, sockets: SocketsFact): readonly Finding[] {
  const known = poolings(config, nginxVersion(input.facts['nginx-process']));
  const backends = backendTraffic(known, sockets).filter((traffic) =>
    traffic.poolings.some(({ state }) => state === 'stock'),
  );
  const churn = churnOf(input, backends);
  if (!churn) return [];
  const gaps = gapsOf(backends, ['stock']);
  const blamed = gaps.filter(({ kind }) => kind === 'no-keepalive' || kind === 'literal' || kind === 'variable');
  return [
    {
      ...commonParts(input, churn),
      title: 'Upstream connections are not pooled',
      explanation: [churnSentence(churn), gapsSentence(blamed), meaning(churn), stockAdvice(blamed)],
      evidence: [...churnEvidence(churn, input.facts), ...gapsEvidence(gaps)],
      notConcluded: [
        ...notExhaustion(input.facts, churn),
        ...strangers(sockets, backends, input.thresholds.min_time_wait),
      ],
      confidence: 'high',
      groupKey: `${ID}:${gapsKey(blamed)}`,
    },
  ];
}

/** Without the configuration only the pattern is known: many short connections to the same local or remote port. */
function fromSockets(input: ChurnInput, sockets: SocketsFact): readonly Finding[] {
  if (nginxRuns(input.facts) !== true) return [];
  const backends = likelyBackends(sockets, input.facts);
  const churn = churnOf(input, backends, 'by-sockets');
  if (!churn) return [];
  return [
    {
      ...commonParts(input, churn),
      title: 'Upstream connections are probably not pooled',
      explanation: [
        churnSentence(churn),
        'The nginx configuration could not be read, so this rests on the sockets alone.',
        meaning(churn),
      ],
      evidence: churnEvidence(churn, input.facts),
      notConcluded: [
        ...notExhaustion(input.facts, churn),
        'Which of these ports nginx proxies to is not known without its configuration.',
      ],
      confidence: 'medium',
      groupKey: `${ID}:sockets:${backends.map(formatEndpoint).sort().join(',')}`,
    },
  ];
}

function commonParts({ facts }: ChurnInput, churn: Churn): { rule: string; severity: Finding['severity'] } {
  return { rule: ID, severity: exhaustsPorts(facts, churn.backends) ? 'critical' : 'warning' };
}

function meaning({ opensPerSecond, requestsPerSecond, backendClosed, nginxClosed }: Churn): string {
  const part = requestsPerSecond !== null && opensPerSecond < 0.5 * requestsPerSecond;
  const who = part ? 'A request to these backends, a part of all,' : 'Nearly every request';
  return backendClosed >= nginxClosed
    ? `${who} opens a connection that the backend closes after its answer; a pool would keep it open.`
    : `${who} opens a connection that nginx closes, and each close holds an ephemeral port for 60 s.`;
}

/** Destinations with a visible part of all TIME_WAIT; local services count when their clients are local too. */
function likelyBackends(sockets: SocketsFact, facts: Facts): BackendTraffic[] {
  const endpoints = new Map(
    sockets.groups
      .filter(isTimeWait)
      .flatMap((group) => serviceEnd(group, facts) ?? [])
      .map((endpoint) => [formatEndpoint(endpoint), endpoint]),
  );
  const found = [...endpoints.values()].map((endpoint) => trafficTo(endpoint, sockets, []));
  const most = Math.max(0, ...found.map(timeWaitOf));
  return found.filter((traffic) => timeWaitOf(traffic) >= most / 20).sort((a, b) => timeWaitOf(b) - timeWaitOf(a));
}

function serviceEnd({ direction, local, peer }: SocketGroup, facts: Facts): { address: string; port: number } | null {
  const { address, port } = direction === 'connected' ? peer : local;
  if (port === null) return null;
  const localClient = direction === 'connected' || isLoopback(peer.address) || peer.address === local.address;
  return localClient && !nginxListensOn(facts, port) ? { address, port } : null;
}

/** Outgoing TIME_WAIT that nginx has nothing to do with; its owner is to be looked for elsewhere. */
function strangers(sockets: SocketsFact, backends: readonly BackendTraffic[], atLeast: number): string[] {
  const foreign = sockets.groups.find(
    ({ direction, peer, sockets: amount, ...group }) =>
      direction === 'connected' &&
      group.state === 'TIME-WAIT' &&
      amount >= atLeast &&
      !backends.some(({ port }) => port === peer.port),
  );
  if (!foreign) return [];
  const to = formatEndpoint(foreign.peer);
  return [
    `${formatNumber(foreign.sockets)} TIME_WAIT to ${to} are not of these backends: look for the process that connects there.`,
  ];
}
