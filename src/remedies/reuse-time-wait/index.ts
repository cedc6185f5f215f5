import { defineRemedy } from '../remedy.ts';
import { DROP_IN_PATH } from '../sysctl/drop-in.ts';
import { planReuse, REUSE_KEY } from './plan.ts';
import { judgeReuse } from './verify.ts';

/** R4: outgoing connections may take over their own ports that are in TIME_WAIT. */
export const reuseTimeWaitPortsRemedy = defineRemedy({
  id: 'reuse-time-wait-ports',
  code: 'R4',
  title: 'reuse ports in TIME_WAIT',
  risk: 'medium',
  needs: ['sysctl', 'sysctl-files', 'sockets'],
  uses: ['kernel', 'nginx-log', 'network-namespace', 'peer-timestamps'],
  plan: planReuse,
  proofs: [
    {
      afterMs: 15_000,
      intervalSeconds: 5,
      needs: ['sysctl', 'sysctl-files', 'tcp-counters'],
      uses: ['nginx-log'],
      judge: judgeReuse,
    },
  ],
  touches: { sysctls: [REUSE_KEY], files: [DROP_IN_PATH], nginx: false },
});
