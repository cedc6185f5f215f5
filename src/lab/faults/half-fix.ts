import { defineFault } from './fault.ts';
import { setUpstreamMode } from './nginx.ts';

/** HTTP/1.1 and an empty Connection header without a pool: now nginx is the one who closes, and holds the ports. */
export const halfFixFault = defineFault({
  name: 'half-fix',
  summary: 'nginx speaks HTTP/1.1 to its services and has no pool, so it closes every connection itself',
  role: 'web',
  apply: (host) => setUpstreamMode(host, 'persistent-without-pool'),
  clear: (host) => setUpstreamMode(host, 'pooled'),
});
