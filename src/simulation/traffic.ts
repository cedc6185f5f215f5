import type { Clock } from '../base/clock.ts';
import type { NginxConfigFact, ProxyLocation, Upstream } from '../probes/nginx-config/fact.ts';

/** How long a socket stays in TIME_WAIT: TCP_TIMEWAIT_LEN of include/net/tcp.h, a compile-time constant. */
const TIME_WAIT_MS = 60_000;

/** What passes between nginx and one backend, per second. */
export interface BackendTraffic {
  readonly address: string;
  readonly port: number;
  /** Connections that nginx opens; what is not closed yet is few enough not to count. */
  readonly opens: number;
  /** Connections of which the backend goes into TIME_WAIT, because it closes first. */
  readonly backendCloses: number;
  /** Connections of which nginx goes into TIME_WAIT, and holds a port. */
  readonly nginxCloses: number;
  /** Connections that are open at any time. */
  readonly open: number;
}

/** What passes through a host, per second. */
export interface Traffic {
  readonly requests: number;
  /** Client connections that are opened, and closed by nginx. */
  readonly clients: number;
  readonly backends: readonly BackendTraffic[];
}

/** The requests that reach a host, alike for each of its backends. */
export interface Load {
  readonly requestsPerBackend: number;
}

/** Nobody asks for anything. */
export const NO_TRAFFIC: Traffic = { requests: 0, clients: 0, backends: [] };

/** Share of the connections without a pool that nginx closes before the backend does: nginx wins a few races. */
const NGINX_WINS = 0.1;
/** How long a request takes at the backend. */
const REQUEST_SECONDS = 0.04;
/** keepalive_requests of both sides where the configuration has none, since nginx 1.19.10 (CHANGES). */
const REQUESTS_PER_CONNECTION = 1000;

/** What nginx with this configuration makes of requests. */
export function trafficOf(config: NginxConfigFact, { requestsPerBackend }: Load): Traffic {
  const backends = config.proxies.flatMap((proxy) => {
    const upstream = config.upstreams.find(({ name }) => name === proxy.upstream);
    const servers = upstream?.servers ?? (proxy.literal ? [proxy.literal] : []);
    return servers.flatMap(({ endpoint }) =>
      endpoint ? [{ ...endpoint, ...connections(proxy, upstream, requestsPerBackend / servers.length) }] : [],
    );
  });
  const requests = requestsPerBackend * config.proxies.length;
  const carried = config.clientKeepaliveRequests.at(-1)?.value ?? REQUESTS_PER_CONNECTION;
  return { requests, clients: requests / Math.max(1, carried), backends };
}

/**
 * A connection lasts when nginx speaks HTTP/1.1, does not say close, and has room for it in a pool
 * (ngx_http_upstream_module, keepalive). Otherwise it is one per request, and who speaks of closing closes.
 */
function connections(
  { httpVersion, connectionHeader }: ProxyLocation,
  upstream: Upstream | undefined,
  requests: number,
): Omit<BackendTraffic, 'address' | 'port'> {
  const open = requests === 0 ? 0 : Math.ceil(requests * REQUEST_SECONDS);
  const persistent = httpVersion?.value === '1.1' && connectionHeader?.value === '';
  const pool = upstream?.keepalive?.value ?? 0;
  if (!persistent) {
    return { opens: requests, backendCloses: requests * (1 - NGINX_WINS), nginxCloses: requests * NGINX_WINS, open };
  }
  const overflow = open === 0 ? 0 : Math.max(0, 1 - pool / open);
  const perConnection = upstream?.keepaliveRequests?.value ?? REQUESTS_PER_CONNECTION;
  const opens = requests * Math.min(1, overflow + 1 / Math.max(1, perConnection));
  return { opens, backendCloses: 0, nginxCloses: opens, open };
}

/** What has passed through a host since it began, in stretches in which nothing changed. */
export interface TrafficHistory {
  now(): Traffic;
  /** From now on it is so. */
  change(traffic: Traffic): void;
  /** How often something has happened since the host began. */
  total(perSecond: (traffic: Traffic) => number): number;
  /** How many sockets are in TIME_WAIT of what makes so many per second: rate × min(t, 60 s) for each stretch. */
  timeWait(perSecond: (traffic: Traffic) => number): number;
}

/** A history that begins `agoMs` before now. */
export function createTrafficHistory(clock: Clock, first: Traffic, agoMs: number): TrafficHistory {
  const stretches = [{ fromMs: clock.monotonicMs() - agoMs, traffic: first }];
  let latest = first;

  function happened(perSecond: (traffic: Traffic) => number, sinceMs: number): number {
    const nowMs = clock.monotonicMs();
    return stretches.reduce((sum, { fromMs, traffic }, index) => {
      const endMs = stretches[index + 1]?.fromMs ?? nowMs;
      const lastedMs = Math.max(0, endMs - Math.max(fromMs, sinceMs));
      return sum + (perSecond(traffic) * lastedMs) / 1000;
    }, 0);
  }

  return {
    now: () => latest,
    change(traffic) {
      latest = traffic;
      stretches.push({ fromMs: clock.monotonicMs(), traffic });
    },
    total: (perSecond) => Math.floor(happened(perSecond, Number.NEGATIVE_INFINITY)),
    timeWait: (perSecond) => Math.round(happened(perSecond, clock.monotonicMs() - TIME_WAIT_MS)),
  };
}
