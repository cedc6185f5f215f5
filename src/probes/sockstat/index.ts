import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parseSockstat } from './parse.ts';

/** sockstat6 is missing when IPv6 is not in the kernel; that is an answer, not a failure. */
const SCRIPT = `
cat /proc/net/sockstat || exit 1
[ -r /proc/net/sockstat6 ] && cat /proc/net/sockstat6
exit 0
`;

/** The kernel's socket totals of the network namespace: the cheapest count of TIME_WAIT. */
export const sockstatProbe = defineProbe({
  id: 'sockstat',
  title: 'Socket totals of the kernel',
  privilege: 'user',
  sudo: [],
  command: () => readScript(SCRIPT),
  timeoutMs: () => 10_000,
  parse: parseSockstat,
  numbers: (fact) => ({
    'tcp.timewait_sockets': fact.timeWaitSockets,
    'tcp.inuse_sockets': fact.inUseSockets,
    'tcp.orphan_sockets': fact.orphanSockets,
    'tcp.memory_pages': fact.memoryPages,
  }),
});
