import { isLoopback, parseAddress } from '../../probes/endpoint.ts';
import type { Facts } from '../../probes/registry.ts';
import type { SocketGroup } from '../../probes/sockets/fact.ts';
import type { HostPlan } from '../remedy.ts';

/** Address and port of a backend. */
export interface BackendEndpoint {
  readonly address: string;
  readonly port: number;
}

/** Sizes that are proposed: few enough that a count which varies a little gives the same plan. */
const SIZES: readonly number[] = [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096];

/** Room for bursts above the highest number of connections that was seen. */
const HEADROOM = 1.5;

/** Where the size of a pool comes from. */
export interface PoolDemand {
  /** Most connections to the upstream's backends that were open at once; null when sockets were not read. */
  readonly peak: number | null;
  readonly workers: number;
  /** What an approved plan gives this pool. */
  readonly approved: number | null;
}

/**
 * Idle connections that each worker keeps: `ceil(1.5 x peak / workers)`, rounded up, 32 at least. What was approved stays
 * while it still holds all connections.
 */
export function poolSize({ peak, workers, approved }: PoolDemand): number {
  const demand = peak ?? 0;
  if (approved !== null && approved * workers >= demand) return approved;
  const wanted = Math.ceil((HEADROOM * demand) / workers);
  return SIZES.find((size) => size >= wanted) ?? wanted;
}

/** Most connections to these backends that are known to have been open at once. */
export function peakConnections(
  { sockets, 'upstream-peak': upstreamPeak }: Facts,
  backends: readonly BackendEndpoint[],
): number | null {
  if (!sockets && !upstreamPeak) return null;
  const open = (sockets?.groups ?? []).filter(
    (group) => group.direction === 'connected' && group.state === 'ESTAB' && isTo(group.peer, backends),
  );
  const peaks = (upstreamPeak?.peaks ?? []).filter((peak) => isTo(peak, backends));
  return Math.max(sum(open), sum(peaks));
}

/** TIME_WAIT sockets of these backends by who closed first. */
export function timeWaitOf(
  { sockets }: Facts,
  backends: readonly BackendEndpoint[],
): { readonly backendClosed: number; readonly nginxClosed: number } | null {
  if (!sockets) return null;
  const timeWait = sockets.groups.filter(({ state }) => state === 'TIME-WAIT');
  return {
    backendClosed: sum(timeWait.filter((group) => group.direction === 'accepted' && isTo(group.local, backends))),
    nginxClosed: sum(timeWait.filter((group) => group.direction === 'connected' && isTo(group.peer, backends))),
  };
}

/** The size that an approved plan gives a pool. */
export function approvedSize(approved: HostPlan | undefined, upstream: string): number | null {
  const pools = approved?.basis['pools'];
  if (typeof pools !== 'object' || pools === null) return null;
  const size = Object.entries(pools).find(([name]) => name === upstream)?.[1];
  return typeof size === 'number' ? size : null;
}

/** A host name other than localhost is compared by port, since its address is not known here. */
function isTo({ address, port }: SocketGroup['peer'], backends: readonly BackendEndpoint[]): boolean {
  return backends.some((backend) => {
    if (backend.port !== port) return false;
    if (backend.address === 'localhost') return isLoopback(address);
    return backend.address === address || parseAddress(backend.address) === undefined;
  });
}

function sum(groups: readonly { readonly sockets: number }[]): number {
  return groups.reduce((total, group) => total + group.sockets, 0);
}
