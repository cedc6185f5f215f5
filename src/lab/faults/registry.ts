import { OperatorError } from '../../base/error.ts';
import { didYouMean } from '../../base/near-match.ts';
import { acceptQueueFault } from './accept-queue.ts';
import { clientCloseFault } from './client-close.ts';
import { configNotLoadedFault } from './config-not-loaded.ts';
import type { Fault } from './fault.ts';
import { halfFixFault } from './half-fix.ts';
import { hostDownFault } from './host-down.ts';
import { lowKeepaliveRequestsFault } from './low-keepalive-requests.ts';
import { narrowPortRangeFault } from './narrow-port-range.ts';
import { nginxInOtherNamespaceFault } from './nginx-in-other-namespace.ts';
import { noUpstreamKeepaliveFault } from './no-upstream-keepalive.ts';
import { servicePortInRangeFault } from './service-port-in-range.ts';
import { servicePortTakenFault } from './service-port-taken.ts';
import { shortBackendIdleFault } from './short-backend-idle.ts';
import { slowHostFault } from './slow-host.ts';
import { smallPoolFault } from './small-pool.ts';
import { twBucketsFault } from './tw-buckets.ts';
import { websocketMapFault } from './websocket-map.ts';

/** Every fault that a lab can have. */
export const FAULTS: readonly Fault[] = [
  noUpstreamKeepaliveFault,
  halfFixFault,
  smallPoolFault,
  websocketMapFault,
  shortBackendIdleFault,
  clientCloseFault,
  lowKeepaliveRequestsFault,
  servicePortInRangeFault,
  servicePortTakenFault,
  narrowPortRangeFault,
  twBucketsFault,
  acceptQueueFault,
  configNotLoadedFault,
  nginxInOtherNamespaceFault,
  hostDownFault,
  slowHostFault,
];

/** The fault of that name. Throws `lab/unknown-fault` with a suggestion. */
export function findFault(name: string): Fault {
  const names = FAULTS.map((fault) => fault.name);
  const found = FAULTS.find((fault) => fault.name === name);
  if (found !== undefined) return found;
  throw new OperatorError('lab/unknown-fault', {
    message: `The lab has no fault "${name}".`,
    hint: didYouMean(name, names) ?? `Faults: ${names.join(', ')}.`,
  });
}
