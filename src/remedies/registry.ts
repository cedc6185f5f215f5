import { raiseClientKeepaliveRemedy } from './client-keepalive/index.ts';
import { poolUpstreamRemedy } from './pool-upstream/index.ts';
import type { Remedy } from './remedy.ts';
import { reserveServicePortsRemedy } from './reserve-service-ports/index.ts';

/** All remedies, in the order of their numbers in the domain reference. */
export const REMEDIES: readonly Remedy[] = [poolUpstreamRemedy, raiseClientKeepaliveRemedy, reserveServicePortsRemedy];
