import { defineRemedy } from '../remedy.ts';
import { adviseDestinations, neverPlanned } from './advise.ts';

/** R6: each further destination or source address has ports of its own. It is done by hand, where the backends are. */
export const moreDestinationsRemedy = defineRemedy({
  id: 'more-destinations',
  code: 'R6',
  title: 'more destinations or source addresses',
  risk: 'low',
  needs: ['sysctl', 'sockets'],
  uses: ['nginx-log'],
  plan: adviseDestinations,
  proofs: [{ afterMs: 15_000, needs: ['sockets'], judge: neverPlanned }],
  touches: { sysctls: [], files: [], nginx: false },
});
