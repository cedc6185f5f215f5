import { defineRemedy } from '../remedy.ts';
import { DROP_IN_PATH } from '../sysctl/drop-in.ts';
import { planStop, RECYCLE_KEY } from './plan.ts';
import { judgeStop } from './verify.ts';

/** The cure of F7: tcp_tw_recycle, which drops connections of clients behind one address, is turned off. */
export const stopTimeWaitRecyclingRemedy = defineRemedy({
  id: 'stop-time-wait-recycling',
  code: 'R7',
  title: 'stop TIME_WAIT recycling',
  risk: 'low',
  needs: ['sysctl', 'sysctl-files'],
  uses: ['tcp-counters'],
  plan: planStop,
  proofs: [
    {
      afterMs: 15_000,
      intervalSeconds: 5,
      needs: ['sysctl', 'sysctl-files'],
      uses: ['tcp-counters', 'nginx-log'],
      judge: judgeStop,
    },
  ],
  touches: { sysctls: [RECYCLE_KEY], files: [DROP_IN_PATH], nginx: false },
});
