import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import type { Direction, SocketsFact } from './fact.ts';
import { parseSockets } from './parse.ts';
import { SOCKETS_SCRIPT } from './script.ts';

/** All TCP sockets by direction, state and peer, aggregated on the host. */
export const socketsProbe = defineProbe({
  id: 'sockets',
  title: 'Sockets by direction, state and peer',
  privilege: 'root',
  sudo: ['/usr/sbin/nginx -T'],
  command: ({ sudo }) => readScript(SOCKETS_SCRIPT, [sudo ? 'sudo' : 'no-sudo']),
  timeoutMs: () => 20_000,
  parse: parseSockets,
  numbers: (fact) => ({
    'sockets.accepted_timewait_sockets': total(fact, 'accepted', 'TIME-WAIT'),
    'sockets.connected_timewait_sockets': total(fact, 'connected', 'TIME-WAIT'),
    'sockets.accepted_established_sockets': total(fact, 'accepted', 'ESTAB'),
    'sockets.connected_established_sockets': total(fact, 'connected', 'ESTAB'),
  }),
});

function total(fact: SocketsFact, direction: Direction, state: string): number {
  return fact.groups
    .filter((group) => group.direction === direction && group.state === state)
    .reduce((sum, group) => sum + group.sockets, 0);
}
