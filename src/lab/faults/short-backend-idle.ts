import { defineFault } from './fault.ts';
import { setUpstreamMode } from './nginx.ts';
import { configureServices } from './services.ts';

/** The services close idle connections that nginx believes good for another minute: some requests meet a closed one. */
export const shortBackendIdleFault = defineFault({
  name: 'short-backend-idle',
  summary: 'the services close idle connections after 100 ms, and nginx pools them for 60 s',
  role: 'web',
  apply: async (host) => {
    await configureServices(host, { idleMs: 100 });
    await setUpstreamMode(host, 'pool-idle-for-a-minute');
  },
  clear: async (host) => {
    await setUpstreamMode(host, 'pooled');
    await configureServices(host, {});
  },
});
