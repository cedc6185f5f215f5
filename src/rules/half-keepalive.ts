import { formatNumber } from '../base/format.ts';
import { formatEndpoint } from '../probes/endpoint.ts';
import type { Facts } from '../probes/registry.ts';
import { halfAdvice } from './advice.ts';
import { type BackendTraffic, backendTraffic, placeText } from './backend-traffic.ts';
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
import { nginxRuns } from './nginx-presence.ts';
import { causesSentence, limitNotDecided, overflowOf } from './overflow.ts';
import { nginxVersion, poolings } from './pooling.ts';
import { defineRule, type Evidence, type Finding } from './rule.ts';

const ID = 'half-keepalive';

/** F3: one part of upstream keepalive is configured, and something defeats it. */
export const halfKeepaliveRule = defineRule({
  id: ID,
  code: 'F3',
  title: 'Upstream keepalive is configured by half',
  needs: ['sockets', 'tcp-counters', 'nginx-config'],
  uses: ['nginx-process', 'sysctl', 'nginx-log', 'requests', 'upstream-peak'],
  dependsOn: ['nginx-config', 'network-namespace'],
  thresholds: CHURN_THRESHOLDS,
  evaluate: (input: ChurnInput): readonly Finding[] => {
    const { sockets, 'nginx-config': config } = input.facts;
    if (!sockets || !config || nginxRuns(input.facts) === false) return [];
    const traffic = backendTraffic(poolings(config, nginxVersion(input.facts['nginx-process'])), sockets);
    const half = traffic.filter(
      ({ poolings: all }) => all.some(({ state }) => state === 'half') && !all.some(({ state }) => state === 'stock'),
    );
    const pooled = traffic.filter(({ poolings: all }) => all.every(({ state }) => state === 'pooled'));
    return [...defeated(input, half), ...overflowing(input, pooled), ...closedByBackend(input, pooled)];
  },
});

function defeated(input: ChurnInput, backends: readonly BackendTraffic[]): Finding[] {
  const churn = churnOf(input, backends);
  if (!churn) return [];
  const gaps = gapsOf(backends, ['half']);
  return [
    {
      ...common(input, churn),
      title: gaps.every(({ kind }) => kind === 'map-close')
        ? 'The WebSocket map closes upstream connections'
        : 'Upstream keepalive is configured by half',
      explanation: [churnSentence(churn), gapsSentence(gaps), meaning(churn), halfAdvice(gaps)],
      evidence: [...churnEvidence(churn, input.facts), ...gapsEvidence(gaps)],
      groupKey: `${ID}:${gapsKey(gaps)}`,
    },
  ];
}

/** Everything is configured, yet nginx closes: the pool has no room, or it ends connections on purpose. */
function overflowing(input: ChurnInput, pooled: readonly BackendTraffic[]): Finding[] {
  const backends = pooled.filter(({ nginxClosed, backendClosed }) => nginxClosed > backendClosed);
  const churn = churnOf(input, backends);
  if (!churn) return [];
  const { kind, title, advice, causes } = overflowOf(input.facts, churn);
  const harmless = kind === 'arithmetic';
  const parts = common(input, churn);
  return [
    {
      ...parts,
      severity: harmless && parts.severity === 'warning' ? 'info' : parts.severity,
      title,
      explanation: [churnSentence(churn), causesSentence(causes), ...(harmless ? [] : [meaning(churn)]), advice],
      evidence: [...churnEvidence(churn, input.facts), ...causes, ...peakEvidence(input.facts, churn)],
      notConcluded: [...parts.notConcluded, ...limitNotDecided(input.facts, churn)],
      groupKey: `${ID}:${kind}:${causes.map(({ source }) => source).join(',')}`,
    },
  ];
}

function peakEvidence({ 'upstream-peak': peak }: Facts, { backends }: Churn): Evidence[] {
  return (peak?.peaks ?? [])
    .filter(({ address, port }) => backends.some((backend) => backend.port === port && backend.address === address))
    .slice(0, 5)
    .map((found) => ({
      label: `Most connections to ${formatEndpoint(found)} at once`,
      value: found.sockets,
      unit: 'connections',
      source: `${peak?.tool === 'netstat' ? 'netstat -tn' : 'ss -tn'}, ${peak?.samples ?? 0} samples`,
    }));
}

/** The pool is fine and the backends end its connections: worth knowing, and nothing that nginx can cure. */
function closedByBackend(input: ChurnInput, pooled: readonly BackendTraffic[]): Finding[] {
  const backends = pooled.filter(({ nginxClosed, backendClosed }) => backendClosed > nginxClosed);
  const churn = churnOf(input, backends);
  if (!churn) return [];
  const upstreams = new Set(
    backends.flatMap(({ poolings: all }) => all.flatMap(({ upstream }) => (upstream ? [placeText(upstream)] : []))),
  );
  return [
    {
      ...common(input, churn),
      severity: 'info',
      title: 'Backends close pooled connections',
      explanation: [
        churnSentence(churn),
        `${[...upstreams].join(', ')}: the pool is configured as it should be, and the backends end its connections.`,
        'A backend that allows few requests per connection or closes idle connections soon does this; the cure is in the backend.',
      ],
      evidence: churnEvidence(churn, input.facts),
      groupKey: `${ID}:backend:${[...upstreams].join(',')}`,
    },
  ];
}

function common(
  { facts }: ChurnInput,
  churn: Churn,
): Pick<Finding, 'rule' | 'severity' | 'notConcluded' | 'confidence'> {
  const severity = exhaustsPorts(facts, churn.backends) ? 'critical' : 'warning';
  return { rule: ID, severity, notConcluded: notExhaustion(facts, churn), confidence: 'high' };
}

/** Below this share of closes by the backends, nginx is said to close first. */
const RACES_LOST = 0.1;

function meaning({ nginxClosed, backendClosed }: Churn): string {
  if (nginxClosed > backendClosed && backendClosed > RACES_LOST * nginxClosed)
    return `Both ends close: each of the ${formatNumber(nginxClosed)} that nginx closed holds an ephemeral port for 60 s.`;
  return nginxClosed > backendClosed
    ? 'nginx closes first, so every close holds an ephemeral port for 60 s: worse than no pool at all.'
    : 'The pool is there, but the backends are told to close every connection after one request.';
}
