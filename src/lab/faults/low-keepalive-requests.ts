import { defineFault } from './fault.ts';
import { setClientKeepalive } from './nginx.ts';

/** nginx closes each client connection after few requests. */
export const lowKeepaliveRequestsFault = defineFault({
  name: 'low-keepalive-requests',
  summary: 'nginx closes every client connection after 20 requests (keepalive_requests 20)',
  role: 'web',
  apply: (host) => setClientKeepalive(host, { requests: 20 }),
  clear: (host) => setClientKeepalive(host),
});
