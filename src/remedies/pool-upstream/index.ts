import { EDITING_NEEDS } from '../nginx-edit/host.ts';
import { defineRemedy } from '../remedy.ts';
import { planPooling } from './plan.ts';
import { judgeOpens, judgeTimeWait } from './verify.ts';

/** R1: nginx keeps its connections to backends instead of opening one for every request. */
export const poolUpstreamRemedy = defineRemedy({
  id: 'pool-upstream-connections',
  code: 'R1',
  title: 'pool upstream connections',
  risk: 'medium',
  needs: [...EDITING_NEEDS, 'sockets'],
  uses: ['tcp-counters', 'network-namespace', 'requests', 'upstream-peak', 'backend-idle'],
  plan: planPooling,
  proofs: [
    {
      afterMs: 15_000,
      intervalSeconds: 5,
      needs: ['tcp-counters', 'nginx-process'],
      uses: ['requests', 'nginx-log'],
      judge: judgeOpens,
    },
    { afterMs: 75_000, needs: ['sockets'], uses: ['requests', 'nginx-log'], judge: judgeTimeWait },
  ],
  touches: { sysctls: [], files: [], nginx: true },
});
