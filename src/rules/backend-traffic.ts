import { formatNumber, list } from '../base/format.ts';
import { formatEndpoint, isLoopback, parseAddress } from '../probes/endpoint.ts';
import type { Backend, ConfigPlace } from '../probes/nginx-config/fact.ts';
import type { SocketGroup, SocketsFact } from '../probes/sockets/fact.ts';
import type { Pooling } from './pooling.ts';

/** The connections between nginx and one backend, by who closed them first (RFC 9293: the first closer keeps TIME_WAIT). */
export interface BackendTraffic {
  readonly address: string;
  readonly port: number;
  /** TIME_WAIT whose local port is the backend's: it closed first, and no ephemeral port is held. 0 for a remote backend. */
  readonly backendClosed: number;
  /** TIME_WAIT towards the backend: nginx closed first, and each holds an ephemeral port. */
  readonly nginxClosed: number;
  /** Connections towards the backend in other states. */
  readonly openSockets: number;
  /** The locations that use this backend; empty when the configuration is not known. */
  readonly poolings: readonly Pooling[];
}

/** The traffic of every TCP backend that a configuration names and uses, busiest first; backends without sockets are left out. */
export function backendTraffic(poolings: readonly Pooling[], sockets: SocketsFact): BackendTraffic[] {
  const users = new Map<string, { endpoint: NonNullable<Backend['endpoint']>; poolings: Pooling[] }>();
  for (const pooling of poolings) {
    const backends = pooling.upstream?.servers ?? (pooling.proxy.literal ? [pooling.proxy.literal] : []);
    for (const { endpoint } of backends) {
      if (!endpoint) continue;
      const known = users.get(formatEndpoint(endpoint));
      if (known) known.poolings.push(pooling);
      else users.set(formatEndpoint(endpoint), { endpoint, poolings: [pooling] });
    }
  }
  return [...users.values()]
    .map((user) => trafficTo(user.endpoint, sockets, user.poolings))
    .filter((traffic) => timeWaitOf(traffic) + traffic.openSockets > 0)
    .sort((a, b) => timeWaitOf(b) - timeWaitOf(a));
}

/** The traffic to one endpoint. A host name other than localhost is compared by port, since its address is not known here. */
export function trafficTo(
  endpoint: { readonly address: string; readonly port: number },
  sockets: SocketsFact,
  poolings: readonly Pooling[],
): BackendTraffic {
  const matches = ({ address, port }: SocketGroup['peer']) =>
    port === endpoint.port && sameAddress(endpoint.address, address);
  const connected = sockets.groups.filter(({ direction, peer }) => direction === 'connected' && matches(peer));
  const accepted = sockets.groups.filter(({ direction, local }) => direction === 'accepted' && matches(local));
  return {
    address: endpoint.address,
    port: endpoint.port,
    backendClosed: sum(accepted.filter(isTimeWait)),
    nginxClosed: sum(connected.filter(isTimeWait)),
    openSockets: sum(connected.filter((group) => !isTimeWait(group))),
    poolings,
  };
}

/** TIME_WAIT sockets of one backend, whoever closed. */
export function timeWaitOf({
  backendClosed,
  nginxClosed,
}: Pick<BackendTraffic, 'backendClosed' | 'nginxClosed'>): number {
  return backendClosed + nginxClosed;
}

/** All TIME_WAIT sockets that were grouped. */
export function allTimeWait(sockets: SocketsFact): number {
  return sum(sockets.groups.filter(isTimeWait));
}

/** Whether a group is of connections in TIME_WAIT. */
export function isTimeWait({ state }: SocketGroup): boolean {
  return state === 'TIME-WAIT';
}

/** Sockets of all groups together. */
export function sum(groups: readonly SocketGroup[]): number {
  return groups.reduce((total, group) => total + group.sockets, 0);
}

/** Endpoints as people read them: `127.0.0.1:8080-8082 and [::1]:9000`; at most four, then how many more. */
export function endpointsText(endpoints: readonly { readonly address: string; readonly port: number }[]): string {
  const addresses = [...new Set(endpoints.map(({ address }) => address))];
  const texts = addresses.flatMap((address) => {
    const ports = endpoints.filter((endpoint) => endpoint.address === address).map(({ port }) => port);
    return runs(ports).map(([low, high]) => formatEndpoint({ address, port: low }) + (high > low ? `-${high}` : ''));
  });
  const more = texts.length - 4;
  return list(more > 0 ? [...texts.slice(0, 4), `${formatNumber(more)} more`] : texts);
}

/** `conf.d/app.conf:12`: a place without the folder that everybody knows. */
export function placeText({ file, line }: ConfigPlace): string {
  return `${file.replace(/^\/etc\/nginx\//, '')}:${line}`;
}

function runs(ports: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && last[1] === port - 1) last[1] = port;
    else found.push([port, port]);
  }
  return found;
}

function sameAddress(wanted: string, address: string): boolean {
  if (wanted === 'localhost') return isLoopback(address);
  return wanted === address || parseAddress(wanted) === undefined;
}
