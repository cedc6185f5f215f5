import { defineFault } from './fault.ts';

/** The host cannot be reached, as if its network cable were pulled; what runs on it goes on. */
export const hostDownFault = defineFault({
  name: 'host-down',
  summary: 'the host cannot be reached over the network; its processes go on',
  role: 'any',
  apply: (host) => host.setLink('down'),
  clear: (host) => host.setLink('up'),
});
