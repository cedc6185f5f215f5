import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { type CounterName, COUNTER_NAMES, type TcpCountersFact } from './fact.ts';
import { parseTcpCounters } from './parse.ts';

/** Two samples `$1` seconds apart, each stamped with the host's own uptime, so that the real distance is known. */
const SCRIPT = `
sample() {
  read -r uptime rest </proc/uptime || exit 1
  echo "sample $uptime"
  awk '$1 == name { split(keys, key, " "); for (i = 2; i <= NF; i++) print key[i] "=" $i; name = ""; next }
    $1 == "Tcp:" || $1 == "TcpExt:" { name = $1; keys = $0 }' /proc/net/snmp /proc/net/netstat | grep -E "^($names)="
}
names=$2
sample
sleep "$1" || exit 1
sample
echo end
`;

/** The kernel's TCP counters, twice, as rates. */
export const tcpCountersProbe = defineProbe({
  id: 'tcp-counters',
  title: 'TCP counters, two samples',
  privilege: 'user',
  waits: true,
  sudo: [],
  command: ({ intervalSeconds }) =>
    readScript(SCRIPT, [String(intervalSeconds), [...COUNTER_NAMES, 'CurrEstab'].join('|')]),
  timeoutMs: ({ intervalSeconds }) => 10_000 + Math.ceil(intervalSeconds * 1000),
  parse: parseTcpCounters,
  numbers: (fact) => rates(fact),
});

const SERIES: Readonly<Partial<Record<CounterName, string>>> = {
  ActiveOpens: 'tcp.active_opens_per_second',
  PassiveOpens: 'tcp.passive_opens_per_second',
  TW: 'tcp.timewait_entered_per_second',
  TWRecycled: 'tcp.timewait_reused_per_second',
  ListenOverflows: 'tcp.listen_overflows_per_second',
  TCPTimeWaitOverflow: 'tcp.timewait_overflows_per_second',
};

function rates(fact: TcpCountersFact): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of COUNTER_NAMES) {
    const series = SERIES[name];
    const rate = fact.perSecond[name];
    if (series !== undefined && rate !== undefined) found[series] = rate;
  }
  return found;
}
