import { defineRemedy } from '../remedy.ts';
import { DROP_IN_PATH } from '../sysctl/drop-in.ts';
import { LIMIT_KEY, planRaise } from './plan.ts';
import { judgeCount, judgeOverflow } from './verify.ts';

/** The cure of F8: the limit of TIME_WAIT sockets is raised, so that new ones are kept again. It is never lowered. */
export const raiseTimeWaitLimitRemedy = defineRemedy({
  id: 'raise-time-wait-limit',
  code: 'R8',
  title: 'raise the limit of TIME_WAIT sockets',
  risk: 'medium',
  needs: ['sysctl', 'sysctl-files', 'tcp-counters'],
  uses: ['sockstat'],
  plan: planRaise,
  proofs: [
    {
      afterMs: 15_000,
      intervalSeconds: 5,
      needs: ['sysctl', 'sysctl-files', 'tcp-counters'],
      uses: ['sockstat', 'nginx-log'],
      judge: judgeOverflow,
    },
    {
      afterMs: 75_000,
      intervalSeconds: 5,
      needs: ['tcp-counters', 'sockstat'],
      uses: ['nginx-log'],
      judge: judgeCount,
    },
  ],
  touches: { sysctls: [LIMIT_KEY], files: [DROP_IN_PATH], nginx: false },
});
