import { SERVICES } from '../nginx-config.ts';
import { defineFault } from './fault.ts';

const [, , { port: PORT }] = SERVICES;

/** A service hangs: the kernel accepts as many connections as its queue has room for, and drops the others. */
export const acceptQueueFault = defineFault({
  name: 'accept-queue',
  summary: `the service on ${PORT} has an accept queue of 2 and accepts nothing`,
  role: 'web',
  apply: (host) => host.configureService(PORT, { backlog: 2, stuck: true }),
  clear: (host) => host.configureService(PORT, {}),
});
