import { formatNumber } from '../../base/format.ts';
import type { TcpCountersFact } from '../../probes/tcp-counters/fact.ts';
import { USUAL_TIME_WAIT_LIMIT } from '../refusals.ts';
import { TIME_WAIT_SECONDS } from '../sysctl/port-pressure.ts';

/** More than this is not raised from here: 256 MiB of kernel memory. */
export const LARGEST_LIMIT = 1_048_576;

/** Size of a tw_sock_TCP object (/proc/slabinfo). */
const ENTRY_BYTES = 256;

/** Room for bursts above the measured rate. */
const HEADROOM = 1.5;

/** How many TIME_WAIT sockets the traffic makes. */
export interface Demand {
  readonly overflowsPerSecond: number;
  /** Those that are kept and those that are dropped, over the 60 s that each would stay. */
  readonly neededSockets: number;
}

/** What two samples of the counters tell: TW counts the sockets that were kept, TCPTimeWaitOverflow those that were not. */
export function demandOf({ perSecond }: TcpCountersFact): Demand {
  const overflowsPerSecond = perSecond.TCPTimeWaitOverflow ?? 0;
  return {
    overflowsPerSecond,
    neededSockets: Math.ceil(((perSecond.TW ?? 0) + overflowsPerSecond) * TIME_WAIT_SECONDS),
  };
}

/**
 * The next power of two that holds the demand with headroom, up to the largest limit; at least twice as much as now while
 * sockets are dropped, and never less than now. A limit that was approved stays while it holds the demand.
 */
export function limitFor(before: number, { overflowsPerSecond, neededSockets }: Demand, approved?: number): number {
  if (approved !== undefined && approved >= neededSockets) return approved;
  const wanted = Math.max(USUAL_TIME_WAIT_LIMIT, 2 ** Math.ceil(Math.log2(Math.max(1, HEADROOM * neededSockets))));
  const raised = Math.min(LARGEST_LIMIT, overflowsPerSecond > 0 ? Math.max(wanted, 2 * before) : wanted);
  return Math.max(raised, before);
}

/** `33.6 MB` */
export function memoryText(sockets: number): string {
  return `${formatNumber((sockets * ENTRY_BYTES) / 1_000_000)} MB`;
}
