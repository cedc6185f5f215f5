import { defineRemedy } from '../remedy.ts';
import { DROP_IN_PATH } from '../sysctl/drop-in.ts';
import { RESERVED_PORTS_KEY } from '../sysctl/reserved-ports.ts';
import { planWidening, RANGE_KEY } from './plan.ts';
import { judgeRange } from './verify.ts';

/** R5: outgoing connections get more local ports, after the ports of services in the new range are reserved. */
export const widenPortRangeRemedy = defineRemedy({
  id: 'widen-port-range',
  code: 'R5',
  title: 'widen the range of local ports',
  risk: 'medium',
  needs: ['sysctl', 'sysctl-files', 'listeners', 'sockets'],
  uses: ['nginx-config', 'nginx-log', 'network-namespace'],
  plan: planWidening,
  proofs: [
    {
      afterMs: 15_000,
      needs: ['sysctl', 'sysctl-files', 'sockets'],
      uses: ['nginx-log'],
      judge: judgeRange,
    },
    { afterMs: 75_000, needs: ['sysctl', 'sockets'], uses: ['nginx-log', 'sysctl-files'], judge: judgeRange },
  ],
  touches: { sysctls: [RESERVED_PORTS_KEY, RANGE_KEY], files: [DROP_IN_PATH], nginx: false },
});
