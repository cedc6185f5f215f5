import { formatNumber } from '../base/format.ts';
import type { Placed, Upstream } from '../probes/nginx-config/fact.ts';
import type { Facts } from '../probes/registry.ts';
import { type BackendTraffic, placeText } from './backend-traffic.ts';
import { type Churn, formatRate } from './churn.ts';
import { atLeast, nginxVersion } from './pooling.ts';
import { alike } from './request-rate.ts';
import type { Evidence } from './rule.ts';

/** Why a complete pool opens connections anew, with nginx closing first. */
export interface Overflow {
  /**
   * `arithmetic`: keepalive_requests explains it and is large enough; nothing to fix. `requests`, `timeout`: the line that
   * ends pooled connections. `size`: the pool has no room for them.
   */
  readonly kind: 'arithmetic' | 'requests' | 'timeout' | 'size';
  readonly title: string;
  readonly advice: string;
  /** The lines to blame. */
  readonly causes: readonly Evidence[];
}

/** Requests that a pooled connection may carry before nginx closes it, and who says so. */
interface Limit {
  readonly requests: number;
  readonly place: Placed<number> | null;
}

/** From here on a limit is no cause to change anything (the default since nginx 1.19.10). */
const ENOUGH_REQUESTS = 1000;

/** The smallest pool worth having; the domain reference sizes it 1.5 times the peak per worker. */
const MIN_POOL = 16;

/** The cause tree: closes against requests/s divided by keepalive_requests, then idle timeouts, then the size. */
export function overflowOf(facts: Facts, churn: Churn): Overflow {
  const upstreams = upstreamsOf(churn.backends);
  const limit = smallestLimit(facts, upstreams);
  const fits = limit !== null && limitFits(churn, limit);
  if (fits && limit.requests >= ENOUGH_REQUESTS) return arithmetic(churn, limit, upstreams);
  if (fits || (limit?.place && limit.requests < 100 && churn.requestsPerSecond === null))
    return byRequests(limit, upstreams);
  const hasty = upstreams.filter(({ keepaliveTimeoutMs }) => keepaliveTimeoutMs && keepaliveTimeoutMs.value < 1000);
  return hasty.length > 0 ? byTimeout(hasty) : bySize(facts, churn, upstreams);
}

/** What stays open while requests are not counted: whether keepalive_requests is the cause. */
export function limitNotDecided(facts: Facts, churn: Churn): string[] {
  const limit = smallestLimit(facts, upstreamsOf(churn.backends));
  if (churn.requestsPerSecond !== null || limit === null) return [];
  return [
    `Requests are not counted on this host: if nginx serves about ${formatRate(churn.opensPerSecond * limit.requests)}/s, its keepalive_requests ${limit.requests} alone explains the new connections.`,
  ];
}

function upstreamsOf(backends: readonly BackendTraffic[]): Upstream[] {
  const found = backends.flatMap(({ poolings }) => poolings.flatMap(({ upstream }) => (upstream ? [upstream] : [])));
  return [...new Map(found.map((upstream) => [upstream.name, upstream])).values()];
}

/** The default is 1000 since 1.19.10 and 100 since 1.15.3 (ngx_http_upstream_module); before there was no limit. */
function smallestLimit(facts: Facts, upstreams: readonly Upstream[]): Limit | null {
  const version = nginxVersion(facts['nginx-process']);
  const byDefault = version === null || !atLeast(version, 1, 15, 3) ? null : atLeast(version, 1, 19, 10) ? 1000 : 100;
  const limits = upstreams.flatMap(({ keepaliveRequests: placed }): Limit[] => {
    if (placed) return [{ requests: placed.value, place: placed }];
    return byDefault === null ? [] : [{ requests: byDefault, place: null }];
  });
  return limits.sort((a, b) => a.requests - b.requests)[0] ?? null;
}

function limitFits({ requestsPerSecond, opensPerSecond }: Churn, { requests }: Limit): boolean {
  return requestsPerSecond !== null && requests > 0 && alike(opensPerSecond, requestsPerSecond / requests);
}

function arithmetic(
  { requestsPerSecond, opensPerSecond }: Churn,
  limit: Limit,
  upstreams: readonly Upstream[],
): Overflow {
  const equation = `${formatRate(requestsPerSecond ?? 0)} requests/s / ${limit.requests} = ${formatRate((requestsPerSecond ?? 0) / limit.requests)} closes/s, and ${formatRate(opensPerSecond)} are seen`;
  return {
    kind: 'arithmetic',
    title: 'The TIME_WAIT of pooled connections are what the traffic explains',
    advice: 'This is arithmetic, nothing to fix.',
    causes: [cause(`keepalive_requests ${limit.requests}: ${equation}`, limit.place ?? upstreams[0])],
  };
}

function byRequests(limit: Limit, upstreams: readonly Upstream[]): Overflow {
  const value = limit.place
    ? `keepalive_requests ${limit.requests} ends a pooled connection after so many requests`
    : `without keepalive_requests this nginx ends a pooled connection after ${limit.requests} requests`;
  return {
    kind: 'requests',
    title: 'Pooled connections end after few requests',
    advice: `Set keepalive_requests ${ENOUGH_REQUESTS} or more in the upstream block; the size of the pool is not the cause.`,
    causes: [cause(value, limit.place ?? upstreams[0])],
  };
}

function byTimeout(upstreams: readonly Upstream[]): Overflow {
  return {
    kind: 'timeout',
    title: 'Pooled connections end as soon as they are idle',
    advice: 'Raise that timeout, but keep it shorter than the backend’s own.',
    causes: upstreams.map((upstream) => {
      const timeout = upstream.keepaliveTimeoutMs;
      const value = `keepalive_timeout ${timeout?.value ?? 0} ms ends idle connections of upstream "${upstream.name}" at once`;
      return cause(value, timeout ?? upstream);
    }),
  };
}

function bySize(facts: Facts, churn: Churn, upstreams: readonly Upstream[]): Overflow {
  const causes = upstreams.map((upstream) => {
    const { keepalive, name } = upstream;
    const size = keepalive ? `keepalive ${keepalive.value}` : 'the default keepalive 32';
    const open = churn.backends
      .filter(({ poolings }) => poolings.some((pooling) => pooling.upstream?.name === name))
      .reduce((sum, { openSockets }) => sum + openSockets, 0);
    const value = `${size} of upstream "${name}" is the number of idle connections kept per worker; ${formatNumber(open)} connections are open now`;
    return cause(value, keepalive ?? upstream);
  });
  return { kind: 'size', title: 'The upstream pool is too small', advice: sizeAdvice(facts, churn, upstreams), causes };
}

/** 1.5 times the peak of concurrent connections, spread over the workers. */
function sizeAdvice(facts: Facts, churn: Churn, upstreams: readonly Upstream[]): string {
  const peak = Math.max(0, ...churn.backends.map((backend) => peakOf(facts, backend)));
  const workers = Math.max(1, facts['nginx-process']?.masters[0]?.workers ?? 1);
  const wanted = Math.max(MIN_POOL, Math.ceil((1.5 * peak) / workers));
  const smallest = Math.min(...upstreams.map(({ keepalive }) => keepalive?.value ?? 32));
  if (peak === 0 || wanted <= smallest)
    return 'Raise keepalive there: a connection that finds no room is closed after its request.';
  return `Raise keepalive there to ${wanted} or more: up to ${formatNumber(peak)} connections to one backend were open at once, over ${formatNumber(workers)} ${workers === 1 ? 'worker' : 'workers'}.`;
}

function peakOf({ 'upstream-peak': peak }: Facts, { address, port, openSockets }: BackendTraffic): number {
  const seen = peak?.peaks.find((candidate) => candidate.port === port && candidate.address === address)?.sockets ?? 0;
  return Math.max(seen, openSockets);
}

function cause(value: string, at: { readonly file: string; readonly line: number } | undefined): Evidence {
  return { label: 'nginx configuration', value, source: at ? `${at.file}:${at.line}` : 'nginx default' };
}

/** The lines to blame as one sentence. */
export function causesSentence(causes: readonly Evidence[]): string {
  const shown = causes.slice(0, 3).map(({ value, source }) => {
    const at = /^(.+):(\d+)$/.exec(source);
    return at ? `${placeText({ file: at[1] ?? '', line: Number(at[2]) })}: ${value}` : `${source}: ${value}`;
  });
  return `${shown.join('; ')}${causes.length > 3 ? `; and ${causes.length - 3} more` : ''}.`;
}
