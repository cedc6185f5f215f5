import { formatNumber } from '../base/format.ts';
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
import { nginxVersion, poolings } from './pooling.ts';
import { defineRule, type Evidence, type Finding } from './rule.ts';

const ID = 'half-keepalive';

/** F3: one part of upstream keepalive is configured, and something defeats it. */
export const halfKeepaliveRule = defineRule({
  id: ID,
  code: 'F3',
  title: 'Upstream keepalive is configured by half',
  needs: ['sockets', 'tcp-counters', 'nginx-config'],
  uses: ['nginx-process', 'sysctl', 'nginx-log'],
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
      title: 'Upstream keepalive is configured by half',
      explanation: [churnSentence(churn), gapsSentence(gaps), meaning(churn)],
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
  const causes = backends.flatMap(overflowCause);
  const texts = [...new Map(causes.map((cause) => [cause.source + cause.value, cause])).values()];
  return [
    {
      ...common(input, churn),
      title: 'The upstream pool is too small',
      explanation: [
        churnSentence(churn),
        `${texts.map(({ value, source }) => `${source.replace(/^\/etc\/nginx\//, '')}: ${value}`).join('; ')}.`,
        meaning(churn),
      ],
      evidence: [...churnEvidence(churn, input.facts), ...texts],
      groupKey: `${ID}:pool:${texts.map(({ source }) => source).join(',')}`,
    },
  ];
}

function overflowCause({ poolings: all, openSockets }: BackendTraffic): Evidence[] {
  const upstream = all.find((pooling) => pooling.upstream !== null)?.upstream;
  if (!upstream) return [];
  const { keepaliveRequests: requests, keepaliveTimeoutMs: timeout, keepalive, name } = upstream;
  const label = 'nginx configuration';
  if (requests && requests.value < 100) {
    return [
      {
        label,
        value: `keepalive_requests ${requests.value} ends a pooled connection of upstream "${name}" after so many requests`,
        source: place(requests),
      },
    ];
  }
  if (timeout && timeout.value < 1000) {
    return [
      {
        label,
        value: `keepalive_timeout ${timeout.value} ms ends idle connections of upstream "${name}" at once`,
        source: place(timeout),
      },
    ];
  }
  const size = keepalive ? `keepalive ${keepalive.value}` : 'the default keepalive 32';
  const value = `${size} of upstream "${name}" is the number of idle connections kept per worker; ${formatNumber(openSockets)} connections are open now`;
  return [{ label, value, source: place(keepalive ?? upstream) }];
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

function meaning({ nginxClosed, backendClosed }: Churn): string {
  return nginxClosed > backendClosed
    ? 'nginx closes first, so every close holds an ephemeral port for 60 s: worse than no pool at all.'
    : 'The pool is there, but the backends are told to close every connection after one request.';
}

function place({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`;
}
