import { raiseClientKeepaliveRemedy } from './client-keepalive/index.ts';
import { moreDestinationsRemedy } from './more-destinations/index.ts';
import { poolUpstreamRemedy } from './pool-upstream/index.ts';
import { raiseTimeWaitLimitRemedy } from './raise-time-wait-limit/index.ts';
import type { Remedy } from './remedy.ts';
import { reserveServicePortsRemedy } from './reserve-service-ports/index.ts';
import { reuseTimeWaitPortsRemedy } from './reuse-time-wait/index.ts';
import { stopTimeWaitRecyclingRemedy } from './stop-time-wait-recycling/index.ts';
import { widenPortRangeRemedy } from './widen-port-range/index.ts';

/** All remedies, in the order of their numbers in the domain reference. */
export const REMEDIES: readonly Remedy[] = [
  poolUpstreamRemedy,
  raiseClientKeepaliveRemedy,
  reserveServicePortsRemedy,
  reuseTimeWaitPortsRemedy,
  widenPortRangeRemedy,
  moreDestinationsRemedy,
  stopTimeWaitRecyclingRemedy,
  raiseTimeWaitLimitRemedy,
];
