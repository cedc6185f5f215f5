import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parseSocketSummary } from './parse.ts';

/** `ss -s`; its total and closed counts are machine-wide and therefore not read. */
export const socketSummaryProbe = defineProbe({
  id: 'socket-summary',
  title: 'TCP totals of ss',
  privilege: 'user',
  sudo: [],
  command: () => readScript('command -v ss >/dev/null 2>&1 || exit 127\nexec ss -s'),
  timeoutMs: () => 10_000,
  parse: parseSocketSummary,
  numbers: (fact) => ({
    'tcp.established_sockets': fact.establishedSockets,
    'tcp.summary_timewait_sockets': fact.timeWaitSockets,
  }),
});
