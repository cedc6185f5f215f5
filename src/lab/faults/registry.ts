import { OperatorError } from '../../base/error.ts';
import { didYouMean } from '../../base/near-match.ts';
import type { Fault } from './fault.ts';
import { hostDownFault } from './host-down.ts';
import { noUpstreamKeepaliveFault } from './no-upstream-keepalive.ts';
import { servicePortInRangeFault } from './service-port-in-range.ts';
import { servicePortTakenFault } from './service-port-taken.ts';
import { slowHostFault } from './slow-host.ts';

/** Every fault that a lab can have. */
export const FAULTS: readonly Fault[] = [
  noUpstreamKeepaliveFault,
  servicePortInRangeFault,
  servicePortTakenFault,
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
