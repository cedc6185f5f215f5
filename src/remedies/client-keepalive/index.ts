import { EDITING_NEEDS } from '../nginx-edit/host.ts';
import { defineRemedy } from '../remedy.ts';
import { planClientKeepalive } from './plan.ts';
import { judgeClientTimeWait, judgeReconnects } from './verify.ts';

/** R2: clients' connections carry more requests before nginx closes them. */
export const raiseClientKeepaliveRemedy = defineRemedy({
  id: 'raise-client-keepalive',
  code: 'R2',
  title: 'raise client keepalive',
  risk: 'low',
  needs: [...EDITING_NEEDS, 'sockets'],
  uses: ['network-namespace', 'requests'],
  plan: planClientKeepalive,
  proofs: [
    {
      afterMs: 15_000,
      intervalSeconds: 5,
      needs: ['nginx-process'],
      uses: ['requests', 'nginx-log'],
      judge: judgeReconnects,
    },
    { afterMs: 75_000, needs: ['sockets'], uses: ['requests', 'nginx-log'], judge: judgeClientTimeWait },
  ],
  touches: { sysctls: [], files: [], nginx: true },
});
