import type { Facts } from '../../probes/registry.ts';
import { atLeast, type EditableNginx } from '../nginx-edit/host.ts';
import { blocksAround, descendants, named, type Placed } from '../nginx-edit/placed.ts';

/** How many requests a client's connection may carry, and where that is said. */
export interface RequestLimits {
  /** Every keepalive_requests for clients; those of upstream blocks mean something else. */
  readonly written: readonly { readonly placed: Placed; readonly requests: number }[];
  /** nginx's default where nothing is written: 1000 since 1.19.10, 100 before (CHANGES). */
  readonly byDefault: number;
  /** Whether some server is under no written limit. */
  readonly defaultInForce: boolean;
}

/** The limits of a configuration. */
export function requestLimits({ placed, version }: EditableNginx): RequestLimits {
  const https = named(placed, 'http');
  const all = named(descendants(https), 'keepalive_requests').filter(
    (directive) => !blocksAround(directive).some(({ directive: block }) => block.name === 'upstream'),
  );
  const written = all.flatMap((directive) => {
    const text = directive.directive.args[0] ?? '';
    return /^\d{1,9}$/.test(text) ? [{ placed: directive, requests: Number(text) }] : [];
  });
  const atHttp = written.some((limit) => limit.placed.parent?.directive.name === 'http');
  return { written, byDefault: atLeast(version, 1, 19, 10) ? 1000 : 100, defaultInForce: !atHttp };
}

/** A `keepalive_timeout 0` for clients, which ends every connection after one response. */
export function timeoutZero({ placed }: EditableNginx): Placed | null {
  const all = named(descendants(named(placed, 'http')), 'keepalive_timeout');
  const zero = all.find(
    ({ directive, parent }) => parent?.directive.name !== 'upstream' && /^0+s?$/.test(directive.args[0] ?? ''),
  );
  return zero ?? null;
}

/** Connections of clients, in numbers. */
export interface ClientTraffic {
  /** TIME_WAIT sockets on nginx's own ports: connections that nginx closed first. */
  readonly timeWait: number;
  /** What explains them in the steady state, or connections accepted per second where that is known and more. */
  readonly closesPerSecond: number;
  /** null when neither a counter nor the connections to backends tell. */
  readonly requestsPerSecond: number | null;
}

/** The traffic between clients and nginx; null when the sockets were not read. */
export function clientTraffic(facts: Facts, ports: readonly number[]): ClientTraffic | null {
  const { sockets, requests } = facts;
  if (!sockets) return null;
  const timeWait = timeWaitOn(facts, ports) ?? 0;
  const closesPerSecond = Math.max(timeWait / 60, requests?.acceptsPerSecond ?? 0);
  return { timeWait, closesPerSecond, requestsPerSecond: requests?.requestsPerSecond ?? null };
}

/** TIME_WAIT sockets that were accepted on these ports; null when the sockets were not read. */
export function timeWaitOn({ sockets }: Facts, ports: readonly number[]): number | null {
  if (!sockets) return null;
  return sockets.groups
    .filter(
      ({ direction, state, local }) =>
        direction === 'accepted' && state === 'TIME-WAIT' && local.port !== null && ports.includes(local.port),
    )
    .reduce((sum, group) => sum + group.sockets, 0);
}

/** The ports on which nginx takes clients' connections; one that it passes requests to itself is no client's. */
export function clientPorts({ config }: EditableNginx): readonly number[] {
  const backends = new Set(
    config.proxies.flatMap((proxy) => {
      const servers = config.upstreams.find(({ name }) => name === proxy.upstream)?.servers ?? [];
      return [...servers, ...(proxy.literal ? [proxy.literal] : [])].flatMap(({ endpoint }) => endpoint?.port ?? []);
    }),
  );
  return [...new Set(config.listens.map(({ port }) => port))]
    .filter((port) => !backends.has(port))
    .sort((a, b) => a - b);
}
