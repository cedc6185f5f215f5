import { defineFault } from './fault.ts';
import { setUpstreamMode } from './nginx.ts';
import { configureServices } from './services.ts';

/** The services answer in batches, so that many connections become idle at once, and the pool keeps two of them. */
export const smallPoolFault = defineFault({
  name: 'small-pool',
  summary: 'the pool keeps 2 idle connections per service, and many requests are under way at once',
  role: 'web',
  apply: async (host) => {
    await configureServices(host, { batchMs: 100 });
    await setUpstreamMode(host, 'pool-of-two');
  },
  clear: async (host) => {
    await setUpstreamMode(host, 'pooled');
    await configureServices(host, {});
  },
});
