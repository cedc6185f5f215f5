import { defineFault } from './fault.ts';
import { setUpstreamMode } from './nginx.ts';

/** nginx opens a new connection to a service for every request. */
export const noUpstreamKeepaliveFault = defineFault({
  name: 'no-upstream-keepalive',
  summary: 'nginx opens a new connection to its services for every request',
  role: 'web',
  apply: (host) => setUpstreamMode(host, 'unpooled'),
  clear: (host) => setUpstreamMode(host, 'pooled'),
});
