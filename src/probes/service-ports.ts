import { isLoopback, isWildcard } from './endpoint.ts';
import type { ListenersFact } from './listeners/fact.ts';
import type { Backend, ConfigPlace, NginxConfigFact } from './nginx-config/fact.ts';

/** Who a service port belongs to: a process that listens now, or a place in nginx's configuration that names it. */
export type PortOwner =
  | { readonly kind: 'process'; readonly name: string; readonly pid: number }
  | ({ readonly kind: 'listen' | 'backend' } & ConfigPlace);

/** A port that a service of this host uses or is configured to use. */
export interface ServicePort {
  readonly port: number;
  /** Whether somebody listens on it now. */
  readonly listening: boolean;
  /** The addresses that the service binds, as far as known; sorted. */
  readonly addresses: readonly string[];
  /** Empty when the listener's process is not visible and no configuration names the port. */
  readonly owners: readonly PortOwner[];
}

interface Sources {
  readonly listeners: ListenersFact;
  readonly 'nginx-config'?: NginxConfigFact | undefined;
}

/**
 * The service ports of a host, ascending: what listens now, and what nginx's configuration names in listen, and as a
 * backend at an address of this host, so that services that are down right now are there too.
 */
export function servicePorts(facts: Sources): readonly ServicePort[] {
  const found = new Map<number, { listening: boolean; addresses: Set<string>; owners: Map<string, PortOwner> }>();
  const entry = (port: number) => {
    const known = found.get(port) ?? { listening: false, addresses: new Set(), owners: new Map() };
    found.set(port, known);
    return known;
  };
  for (const { port, address, processes } of facts.listeners.listeners) {
    const at = entry(port);
    at.listening = true;
    at.addresses.add(address);
    for (const process of processes ?? [])
      at.owners.set(`${process.name} ${process.pid}`, { kind: 'process', ...process });
  }
  for (const { port, address, owner } of configured(facts)) {
    const at = entry(port);
    at.addresses.add(address);
    at.owners.set(`${owner.kind} ${owner.file}:${owner.line}`, owner);
  }
  return [...found]
    .map(([port, { listening, addresses, owners }]) => ({
      port,
      listening,
      addresses: [...addresses].sort(),
      owners: [...owners.values()],
    }))
    .sort((a, b) => a.port - b.port);
}

interface Configured {
  readonly port: number;
  readonly address: string;
  readonly owner: { readonly kind: 'listen' | 'backend' } & ConfigPlace;
}

function configured(facts: Sources): readonly Configured[] {
  const config = facts['nginx-config'];
  if (config === undefined) return [];
  // A backend at an address of another host uses a port there, not here.
  const own = new Set([...facts.listeners.hostAddresses, ...facts.listeners.listeners.map(({ address }) => address)]);
  const backends = [
    ...config.upstreams.flatMap((upstream) => upstream.servers),
    ...config.proxies.flatMap(({ literal }) => (literal === null ? [] : [literal])),
  ];
  return [
    ...config.listens.map(({ address, port, file, line }) => ({
      port,
      address,
      owner: { kind: 'listen' as const, file, line },
    })),
    ...backends.flatMap((backend) => localBackend(backend, own)),
  ];
}

function localBackend({ endpoint, file, line }: Backend, own: ReadonlySet<string>): readonly Configured[] {
  if (endpoint === null) return [];
  const { address, port } = endpoint;
  if (!isLoopback(address) && !isWildcard(address) && !own.has(address)) return [];
  return [{ port, address, owner: { kind: 'backend', file, line } }];
}

/** Whether a socket on `held` makes bind() of the service fail: the same address, or a wildcard on either side (socket(7), ip(7)). */
export function occupies(held: string, service: ServicePort): boolean {
  return (
    isWildcard(held) ||
    service.addresses.length === 0 ||
    service.addresses.some((address) => isWildcard(address) || address === held || bothLocalhost(address, held))
  );
}

function bothLocalhost(address: string, held: string): boolean {
  return address === 'localhost' && isLoopback(held);
}
