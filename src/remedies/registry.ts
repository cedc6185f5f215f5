import type { Remedy } from './remedy.ts';
import { reserveServicePortsRemedy } from './reserve-service-ports/index.ts';

/** All remedies, in the order in which documentation lists them. */
export const REMEDIES: readonly Remedy[] = [reserveServicePortsRemedy];
