import { defineFault } from './fault.ts';
import { setClientKeepalive } from './nginx.ts';

/** Clients' connections carry one request each. A load in the mode `close` does the same from the clients' end. */
export const clientCloseFault = defineFault({
  name: 'client-close',
  summary: 'nginx closes every client connection after one answer (keepalive_timeout 0)',
  role: 'web',
  apply: (host) => setClientKeepalive(host, { timeout: '0' }),
  clear: (host) => setClientKeepalive(host),
});
