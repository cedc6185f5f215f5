import type { Facts } from '../../probes/registry.ts';
import type { BackendEndpoint } from './size.ts';
import { peakConnections, timeWaitOf } from './size.ts';

/** A pool as it is, and what goes through it. */
export interface PoolInUse {
  /** Idle connections per worker. */
  readonly size: number;
  readonly workers: number;
  /** Requests that a connection carries. */
  readonly requests: number;
  readonly backends: readonly BackendEndpoint[];
}

/** Fewer than this many TIME_WAIT sockets are no sign of anything. */
const FEW_TIME_WAIT = 100;

/** So many are, when requests are not counted. */
const MANY_TIME_WAIT = 1000;

/**
 * Whether nginx closes connections because its pool has no room for them: more are open at once than fit, or three times
 * as many are closed as the limit of requests explains.
 */
export function overflows(facts: Facts, { size, workers, requests, backends }: PoolInUse): boolean {
  const closed = closedByNginx(facts, backends);
  if (closed < FEW_TIME_WAIT) return false;
  if ((peakConnections(facts, backends) ?? 0) > size * workers) return true;
  const perSecond = facts.requests?.requestsPerSecond;
  return closed >= (perSecond === undefined ? MANY_TIME_WAIT : (3 * 60 * perSecond) / requests);
}

/** A limit below this is lower than nginx's own default ever was. */
const VERY_FEW_REQUESTS = 100;

/** Whether connections end because each may carry only so many requests. */
export function endsByRequests(facts: Facts, requests: number, backends: readonly BackendEndpoint[]): boolean {
  const closed = closedByNginx(facts, backends);
  return closed >= (requests < VERY_FEW_REQUESTS ? FEW_TIME_WAIT : MANY_TIME_WAIT);
}

/** Whether connections end because they may be idle for less than this. */
export function endsIdle(facts: Facts, timeoutMs: number, backends: readonly BackendEndpoint[]): boolean {
  return timeoutMs < 1000 && closedByNginx(facts, backends) >= FEW_TIME_WAIT;
}

function closedByNginx(facts: Facts, backends: readonly BackendEndpoint[]): number {
  return timeWaitOf(facts, backends)?.nginxClosed ?? 0;
}
