import { defineRemedy } from '../remedy.ts';
import { DROP_IN_PATH } from '../sysctl/drop-in.ts';
import { RESERVED_PORTS_KEY } from '../sysctl/reserved-ports.ts';
import { planReservation } from './plan.ts';
import { judgeReservation } from './verify.ts';

/** R3: automatic assignment of local ports skips the ports of services, now and after a restart of the host. */
export const reserveServicePortsRemedy = defineRemedy({
  id: 'reserve-service-ports',
  code: 'R3',
  title: 'reserve service ports',
  risk: 'low',
  needs: ['sysctl', 'listeners', 'sysctl-files'],
  uses: ['sockets', 'nginx-config'],
  plan: planReservation,
  proofs: [
    { afterMs: 2000, needs: ['sysctl', 'sysctl-files'], uses: ['sockets', 'nginx-log'], judge: judgeReservation },
  ],
  touches: { sysctls: [RESERVED_PORTS_KEY], files: [DROP_IN_PATH], nginx: false },
});
