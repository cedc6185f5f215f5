import { defineFault } from './fault.ts';
import { setUpstreamMode } from './nginx.ts';

/** A pool behind the map that nginx's documentation shows for WebSocket: plain requests are sent with `Connection: close`. */
export const websocketMapFault = defineFault({
  name: 'websocket-map',
  summary: "a WebSocket map whose '' line says close defeats the pool for plain requests",
  role: 'web',
  apply: (host) => setUpstreamMode(host, 'websocket-map'),
  clear: (host) => setUpstreamMode(host, 'pooled'),
});
