import { formatDuration } from '../base/duration.ts';
import { count, list } from '../base/format.ts';
import { formatEndpoint } from '../probes/endpoint.ts';
import type { BackendIdle } from '../probes/backend-idle/fact.ts';
import type { Upstream } from '../probes/nginx-config/fact.ts';
import type { NginxVersion } from '../probes/nginx-process/fact.ts';
import type { Facts } from '../probes/registry.ts';
import { placeText } from './backend-traffic.ts';
import { nginxRuns } from './nginx-presence.ts';
import { atLeast, nginxVersion, poolings } from './pooling.ts';
import { defineRule, type Evidence, type Finding } from './rule.ts';

const ID = 'idle-timeout-order';

/** Default of the upstream's keepalive_timeout (ngx_http_upstream_module, since 1.15.3). */
const DEFAULT_TIMEOUT_MS = 60_000;

/** A measured time is a little longer than the timeout behind it; equal timeouts are a race, too. */
const SAME = 0.95;

/** A pooled upstream whose idle connections a backend closes before nginx gives them up. */
interface Race {
  readonly upstream: Upstream;
  /** null = this nginx keeps idle connections without limit (before 1.15.3). */
  readonly poolMs: number | null;
  readonly backends: readonly (BackendIdle & { readonly idleMs: number })[];
}

/** F15: nginx may send a request on a pooled connection in the moment in which the backend closes it as idle. */
export const idleTimeoutOrderRule = defineRule({
  id: ID,
  code: 'F15',
  title: 'Backends close idle connections before nginx does',
  needs: ['nginx-config'],
  uses: ['backend-idle', 'nginx-log', 'nginx-process'],
  dependsOn: ['nginx-config', 'network-namespace'],
  thresholds: {},
  evaluate: ({ facts }): readonly Finding[] => {
    if (facts['nginx-config'] === undefined || nginxRuns(facts) === false) return [];
    const pooled = pooledUpstreams(facts);
    const races = pooled.flatMap((upstream) => raceOf(facts, upstream) ?? []);
    if (races.length > 0) return [finding(facts, races)];
    return suspected(facts, pooled);
  },
});

/** Upstreams that some location really pools. */
function pooledUpstreams(facts: Facts): Upstream[] {
  const config = facts['nginx-config'];
  if (config === undefined) return [];
  const pooled = poolings(config, nginxVersion(facts['nginx-process'])).filter(({ state }) => state === 'pooled');
  const found = pooled.flatMap(({ upstream }) => (upstream ? [upstream] : []));
  return [...new Map(found.map((upstream) => [upstream.name, upstream])).values()];
}

/** The time after which nginx gives an idle connection up; null = never, since this version has no such directive. */
function poolTimeoutMs({ keepaliveTimeoutMs }: Upstream, version: NginxVersion | null): number | null {
  if (keepaliveTimeoutMs) return keepaliveTimeoutMs.value;
  return version !== null && !atLeast(version, 1, 15, 3) ? null : DEFAULT_TIMEOUT_MS;
}

function raceOf(facts: Facts, upstream: Upstream): Race | null {
  const poolMs = poolTimeoutMs(upstream, nginxVersion(facts['nginx-process']));
  const backends = (facts['backend-idle']?.backends ?? []).filter(
    (backend): backend is BackendIdle & { readonly idleMs: number } =>
      backend.outcome === 'closed' &&
      backend.idleMs !== null &&
      (poolMs === null || poolMs >= SAME * backend.idleMs) &&
      upstream.servers.some(({ endpoint }) => endpoint?.address === backend.address && endpoint.port === backend.port),
  );
  return backends.length === 0 ? null : { upstream, poolMs, backends };
}

function finding(facts: Facts, races: readonly Race[]): Finding {
  const closed = closedEarly(facts);
  return {
    rule: ID,
    severity: 'warning',
    title: 'Backends close idle connections before nginx does',
    explanation: [
      `${races.slice(0, 3).map(raceText).join('; ')}.`,
      closed === undefined || closed.recentLines === 0
        ? 'A request that nginx sends in the moment of that close fails: nginx repeats a GET, but a POST becomes a 502.'
        : `A request that nginx sends in the moment of that close fails, and nginx logged ${count(closed.recentLines, 'such line')} in the last ten minutes: it repeats a GET, but a POST becomes a 502.`,
      `Set keepalive_timeout of the upstream below the backend's${advised(races)}.`,
    ],
    evidence: [...races.flatMap((race) => raceEvidence(facts, race)), ...logEvidence(facts)],
    notConcluded: [
      'It is no reason to give up pooling: only the order of the two timeouts is wrong.',
      ...unasked(facts),
    ],
    confidence: 'high',
    groupKey: `${ID}:${races.map(({ upstream }) => `${upstream.file}:${upstream.line}`).join(',')}`,
  };
}

function raceText({ upstream, poolMs, backends }: Race): string {
  const place = placeText(upstream.keepaliveTimeoutMs ?? upstream);
  const pool = poolMs === null ? 'without limit' : `for ${formatDuration(poolMs)}`;
  const default_ = upstream.keepaliveTimeoutMs || poolMs === null ? '' : ' (the default)';
  const closes = backends
    .slice(0, 3)
    .map((backend) => `${formatEndpoint(backend)} after ${formatDuration(backend.idleMs)}`);
  return `${place}: upstream "${upstream.name}" keeps idle connections ${pool}${default_}, and they are closed by ${list(closes)}`;
}

/** A second less than the shortest that was measured; below two seconds half of it. */
function advised(races: readonly Race[]): string {
  const shortest = Math.min(...races.flatMap(({ backends }) => backends.map(({ idleMs }) => idleMs)));
  const seconds = Math.floor(shortest / 1000) - 1;
  if (seconds >= 1) return `, for example ${seconds}s`;
  return shortest >= 100
    ? `, for example ${Math.floor(shortest / 2)}ms, or better raise the backend's`
    : ', and raise the backend’s';
}

/** Whether a backend was seen to keep an idle connection for longer than the pool does, or to keep none. */
function isSafe(facts: Facts, upstream: Upstream): boolean {
  const poolMs = poolTimeoutMs(upstream, nginxVersion(facts['nginx-process']));
  return upstream.servers.every(({ endpoint }) => {
    if (endpoint === null) return true;
    const seen = facts['backend-idle']?.backends.find(
      ({ address, port }) => address === endpoint.address && port === endpoint.port,
    );
    if (seen?.outcome === 'not-kept') return true;
    return poolMs !== null && seen?.idleMs !== undefined && seen.idleMs !== null && seen.idleMs >= poolMs;
  });
}

/** Where a backend's timeout is not known, or is longer than it was watched, the log alone makes the order suspect. */
function suspected(facts: Facts, all: readonly Upstream[]): readonly Finding[] {
  const closed = closedEarly(facts);
  const pooled = all.filter((upstream) => !isSafe(facts, upstream));
  if (pooled.length === 0 || closed === undefined || closed.recentLines === 0) return [];
  const places = pooled.slice(0, 3).map((pool) => placeText(pool.keepaliveTimeoutMs ?? pool));
  return [
    {
      rule: ID,
      severity: 'warning',
      title: 'Backends may close idle connections before nginx does',
      explanation: [
        `nginx logged ${count(closed.recentLines, 'time')} in the last ten minutes that a backend closed a connection before its answer, and ${list(places)} ${places.length === 1 ? 'pools' : 'pool'} connections.`,
        'How long the backends keep idle connections is not known well enough; keepalive_timeout of the upstream has to be shorter than that.',
      ],
      evidence: logEvidence(facts),
      notConcluded: ['A backend that crashes or is restarted leaves the same lines.', ...unasked(facts)],
      confidence: 'low',
      groupKey: `${ID}:suspected`,
    },
  ];
}

function closedEarly(facts: Facts) {
  return facts['nginx-log']?.entries.find((entry) => entry.class === 'upstream-closed-early');
}

function logEvidence(facts: Facts): Evidence[] {
  const entry = closedEarly(facts);
  const log = facts['nginx-log'];
  if (entry === undefined || log === undefined) return [];
  const label = 'Backend closed before its answer, last 10 min';
  return [{ label, value: entry.recentLines, unit: 'log lines', source: log.file }];
}

function raceEvidence(facts: Facts, { upstream, poolMs, backends }: Race): Evidence[] {
  const placed = upstream.keepaliveTimeoutMs;
  const source = placed
    ? `${placed.file}:${placed.line}`
    : `default of nginx ${nginxVersion(facts['nginx-process'])?.text ?? ''}`.trim();
  return [
    {
      label: `Pool of upstream "${upstream.name}" keeps an idle connection`,
      ...(poolMs === null ? { value: 'without limit' } : { value: poolMs / 1000, unit: 's' }),
      source,
    },
    ...backends.slice(0, 5).map((backend) => ({
      label: `${formatEndpoint(backend)} closed an idle connection after`,
      value: backend.idleMs / 1000,
      unit: 's',
      source: 'one idle connection, timed to its FIN',
    })),
  ];
}

/** Backends whose timeout is not known, in words. */
function unasked(facts: Facts): string[] {
  const fact = facts['backend-idle'];
  if (fact === undefined) return ['The idle timeouts of the backends were not measured.'];
  const unknown = fact.backends.filter(({ outcome }) => outcome === 'unknown');
  const [first] = unknown;
  return [
    ...(first === undefined
      ? []
      : [
          `Of ${count(unknown.length, 'backend')} the idle timeout is not known: ${formatEndpoint(first)}, ${first.because ?? 'no answer'}.`,
        ]),
    ...(fact.omittedBackends === 0
      ? []
      : [`${count(fact.omittedBackends, 'more backend')} ${fact.omittedBackends === 1 ? 'was' : 'were'} not asked.`]),
  ];
}
