import { defineRemedy } from '../remedy.ts';
import { settingRights } from '../sysctl/keys.ts';
import { RESERVED_PORTS_KEY } from './drop-in.ts';
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
  proofs: [{ afterMs: 2000, needs: ['sysctl', 'sysctl-files'], uses: ['sockets'], judge: judgeReservation }],
  sudo: settingRights([RESERVED_PORTS_KEY]),
});
