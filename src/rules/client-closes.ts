import { isLoopback } from '../probes/endpoint.ts';
import type { ConfigPlace } from '../probes/nginx-config/fact.ts';
import type { Facts } from '../probes/registry.ts';
import type { SocketGroup, SocketsFact } from '../probes/sockets/fact.ts';
import { backendTraffic, isTimeWait, placeText, sum } from './backend-traffic.ts';
import { formatRate } from './churn.ts';
import { atLeast, nginxVersion, poolings } from './pooling.ts';
import { alike, measuredRequests } from './request-rate.ts';
import {
  closesPerSecondBehind,
  closesPerSecondByRequestLimit,
  TIME_WAIT_SECONDS,
  timeWaitSocketsAccepting,
} from './steady-state.ts';

/** The ephemeral ports of a client with Linux's default range 32768-60999; the client's own range is not known here. */
const DEFAULT_RANGE_SIZE_PORTS = 28_232;

/** From here on keepalive_requests is no cause to change anything (the default since nginx 1.19.10). */
const ENOUGH_REQUESTS = 1000;

/** Client connections that nginx closed. */
export interface ClientCloses {
  readonly groups: readonly SocketGroup[];
  readonly timeWait: number;
  /** Explains the TIME_WAIT sockets in the steady state. */
  readonly closesPerSecond: number;
  /** True when a client address is near the number it can have at most, so that the rate may be higher. */
  readonly saturated: boolean;
}

/** The TIME_WAIT sockets on these ports: connections that this side closed first. */
export function clientCloses(sockets: SocketsFact, ports: readonly number[]): ClientCloses {
  const groups = sockets.groups.filter(
    (group) =>
      group.direction === 'accepted' &&
      isTimeWait(group) &&
      group.local.port !== null &&
      ports.includes(group.local.port),
  );
  const timeWait = sum(groups);
  return { groups, timeWait, closesPerSecond: closesPerSecondBehind(timeWait), saturated: groups.some(isSaturated) };
}

/** Whether so many TIME_WAIT sockets of one client address leave so few ports that the count lags behind the rate. */
function isSaturated({ sockets, peer }: SocketGroup): boolean {
  if (peer.port !== null) return false;
  const steady = { closesPerSecond: closesPerSecondBehind(sockets), seconds: 60 };
  return timeWaitSocketsAccepting(steady, DEFAULT_RANGE_SIZE_PORTS) < 0.8 * sockets;
}

/** How many requests nginx lets a client's connection carry, and who says so; null when not known. */
export interface RequestLimit {
  readonly requests: number;
  /** The place of the directive; null = nginx's default for its version (1000 since 1.19.10, 100 before: CHANGES). */
  readonly place: ConfigPlace | null;
}

/** keepalive_requests for clients: the smallest that is configured, else the default of the running version. */
export function requestLimit(facts: Facts): RequestLimit | null {
  const [smallest] = [...(facts['nginx-config']?.clientKeepaliveRequests ?? [])].sort((a, b) => a.value - b.value);
  if (smallest) return { requests: smallest.value, place: { file: smallest.file, line: smallest.line } };
  const version = nginxVersion(facts['nginx-process']);
  if (!version || !facts['nginx-config']) return null;
  return { requests: atLeast(version, 1, 19, 10) ? 1000 : 100, place: null };
}

/** Why nginx closes client connections, as far as the facts tell. */
export interface CloseCause {
  readonly kind: 'timeout-zero' | 'request-limit' | 'clients' | 'idle' | 'undecided';
  /** True when the closes are what a sensible configuration makes of this traffic. */
  readonly harmless?: true;
  readonly sentences: readonly string[];
}

/**
 * Client connections per second that nginx closes. Where it is known to be the closer and accepted connections are
 * counted, that rate holds: TIME_WAIT tell the mean of the last 60 s.
 */
export function closeRate(facts: Facts, closes: ClientCloses, { kind }: CloseCause): number {
  const accepts = facts.requests?.acceptsPerSecond ?? null;
  const nginxCloses = kind === 'timeout-zero' || kind === 'request-limit' || kind === 'clients';
  return accepts !== null && nginxCloses ? Math.max(accepts, closes.closesPerSecond) : closes.closesPerSecond;
}

/** The cause tree: closes against requests/s and requests/s divided by keepalive_requests. */
export function closeCause(facts: Facts, closes: ClientCloses): CloseCause {
  const zero = facts['nginx-config']?.clientKeepaliveTimeoutMs.find(({ value }) => value === 0);
  if (zero) {
    return {
      kind: 'timeout-zero',
      sentences: [
        `${placeText(zero)}: keepalive_timeout 0 makes nginx close after every response.`,
        'Give it 65 to 75 s there, so that clients can reuse their connections.',
      ],
    };
  }
  const limit = requestLimit(facts);
  const requests = measuredRequests(facts) ?? inferredRequests(facts);
  const rate = facts.requests?.acceptsPerSecond ?? newClientsPerSecond(facts) ?? closes.closesPerSecond;
  if (requests === null) return undecided(limit, closes.closesPerSecond);
  if (requests < 1) {
    return { kind: 'idle', sentences: ['Hardly a request comes in now: these are left from the last 60 s.'] };
  }
  if (limit && alike(rate, requests / limit.requests)) return byRequestLimit(limit, requests, rate);
  if (alike(rate, requests)) return { kind: 'clients', sentences: [clientsSentence(rate, requests)] };
  return {
    kind: 'idle',
    sentences: [
      `${formatRate(rate)} client connections/s for ${formatRate(requests)} requests/s fit neither keepalive_requests nor clients that close: idle timeouts (keepalive_timeout), or worker_connections running out.`,
    ],
  };
}

/**
 * Requests per second, known only while no location pools: then every request opens one connection.
 * null when some location pools or the counters are missing.
 */
function inferredRequests(facts: Facts): number | null {
  const config = facts['nginx-config'];
  const opens = facts['tcp-counters']?.perSecond.ActiveOpens;
  if (!config || opens === undefined || opens < 1 || config.proxies.length === 0) return null;
  const unpooled = poolings(config, nginxVersion(facts['nginx-process'])).every(({ state }) => state !== 'pooled');
  return unpooled ? opens : null;
}

/** Accepted connections per second that are clients': those of backends on this host are subtracted. */
function newClientsPerSecond(facts: Facts): number | null {
  const { sockets, 'nginx-config': config, 'tcp-counters': counters } = facts;
  const accepted = counters?.perSecond.PassiveOpens;
  const opened = counters?.perSecond.ActiveOpens;
  if (!sockets || !config || accepted === undefined || opened === undefined) return null;
  const backends = backendTraffic(poolings(config, nginxVersion(facts['nginx-process'])), sockets);
  const local = backends.filter(({ address, backendClosed }) => isLoopback(address) || backendClosed > 0).length;
  if (local === 0) return accepted;
  return local === backends.length && accepted > opened ? accepted - opened : null;
}

function byRequestLimit(limit: RequestLimit, requests: number, rate: number): CloseCause {
  const closes = closesPerSecondByRequestLimit(requests, limit.requests);
  const equation = `${formatRate(requests)} requests/s / ${limit.requests} = ${formatRate(closes)} closes/s, and ${formatRate(rate)} are seen`;
  const cause = `keepalive_requests is the cause (${limitSource(limit)}): ${equation}.`;
  if (limit.requests >= ENOUGH_REQUESTS) {
    return { kind: 'request-limit', harmless: true, sentences: [cause, 'This is arithmetic, nothing to fix.'] };
  }
  return { kind: 'request-limit', sentences: [cause, `Set keepalive_requests ${ENOUGH_REQUESTS} or more there.`] };
}

/** TIME_WAIT that requests and keepalive_requests alone explain in the steady state; null when one is not known. */
export function explainedTimeWait(facts: Facts, closes: ClientCloses): number | null {
  const limit = requestLimit(facts);
  const requests = measuredRequests(facts);
  if (limit === null || requests === null || limit.requests === 0 || closes.timeWait === 0) return null;
  const all = closesPerSecondByRequestLimit(requests, limit.requests);
  const byClient = clientsOf(closes.groups).map(({ sockets }) => ({
    closesPerSecond: (all * sockets) / closes.timeWait,
    seconds: TIME_WAIT_SECONDS,
  }));
  const explained = byClient.map((client) => timeWaitSocketsAccepting(client, DEFAULT_RANGE_SIZE_PORTS));
  return Math.round(explained.reduce((sum, sockets) => sum + sockets, 0));
}

function clientsSentence(rate: number, requests: number): string {
  return `${formatRate(rate)} client connections/s for ${formatRate(requests)} requests/s: clients send one request per connection (Connection: close, HTTP/1.0, keepalive_disable, or a load balancer that does not pool); that is cured there, not in nginx.`;
}

function undecided(limit: RequestLimit | null, closesPerSecond: number): CloseCause {
  if (!limit) return { kind: 'undecided', sentences: [] };
  const byLimit = formatRate(closesPerSecond * limit.requests);
  return {
    kind: 'undecided',
    sentences: [
      `If nginx serves about ${byLimit} requests/s, keepalive_requests is the cause (${limitSource(limit)}); if it serves about ${formatRate(closesPerSecond)} requests/s, clients send one request per connection, which is cured there; otherwise connections end idle.`,
    ],
  };
}

/** Who sets the limit, in words. */
export function limitSource({ requests, place }: RequestLimit): string {
  return place ? `${placeText(place)}: ${requests}` : `default ${requests}`;
}

/** `:80 and :443`, or addresses when there are several per port. */
export function portsText(groups: readonly SocketGroup[]): string[] {
  return [...new Set(groups.map(({ local }) => `:${local.port}`))].sort();
}

/** Clients by number of TIME_WAIT sockets, largest first. */
export function clientsOf(groups: readonly SocketGroup[]): { readonly address: string; readonly sockets: number }[] {
  const byAddress = new Map<string, number>();
  for (const { peer, sockets } of groups) byAddress.set(peer.address, (byAddress.get(peer.address) ?? 0) + sockets);
  return [...byAddress].map(([address, sockets]) => ({ address, sockets })).sort((a, b) => b.sockets - a.sockets);
}
