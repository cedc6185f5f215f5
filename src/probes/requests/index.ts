import { readScript } from '../../base/command.ts';
import { NGINX_CONFIG_SUDO } from '../privilege.ts';
import { defineProbe } from '../probe.ts';
import { parseRequests } from './parse.ts';
import { REQUESTS_SCRIPT } from './script.ts';

/** Requests and client connections per second: from stub_status where the configuration has it, else from access logs. */
export const requestsProbe = defineProbe({
  id: 'requests',
  title: 'Requests per second of nginx, two samples',
  privilege: 'root',
  waits: true,
  sudo: NGINX_CONFIG_SUDO,
  command: ({ sudo, intervalSeconds }) =>
    readScript(REQUESTS_SCRIPT, [sudo ? 'sudo' : 'none', String(intervalSeconds)]),
  timeoutMs: ({ intervalSeconds }) => 40_000 + Math.ceil(intervalSeconds * 1000),
  parse: parseRequests,
  numbers: (fact) => ({
    'nginx.requests_per_second': fact.requestsPerSecond,
    ...(fact.acceptsPerSecond === null ? {} : { 'nginx.accepts_per_second': fact.acceptsPerSecond }),
    ...(fact.activeConnections === null ? {} : { 'nginx.active_connections': fact.activeConnections }),
  }),
});
