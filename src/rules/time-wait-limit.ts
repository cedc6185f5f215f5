import { formatNumber } from '../base/format.ts';
import type { Facts } from '../probes/registry.ts';
import type { TcpCountersFact } from '../probes/tcp-counters/fact.ts';
import { formatRate } from './churn.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';
import { placesEvidence, placesOf, placesSentence } from './sysctl-places.ts';

const KEY = 'net.ipv4.tcp_max_tw_buckets';
const ID = 'time-wait-limit';

type Input = RuleInput<'min_overflows_per_second'>;

/** F8: TIME_WAIT are skipped because of tcp_max_tw_buckets; newer kernels log nothing about it. */
export const timeWaitLimitRule = defineRule({
  id: ID,
  code: 'F8',
  title: 'TIME_WAIT are skipped at their limit',
  needs: ['tcp-counters'],
  uses: ['sysctl', 'sockstat', 'sysctl-files'],
  dependsOn: ['network-namespace'],
  thresholds: {
    min_overflows_per_second: {
      default: 0.1,
      unit: 'per second',
      help: 'Connections closed without TIME_WAIT from which on it is reported.',
    },
  },
  evaluate: ({ facts, thresholds }: Input): readonly Finding[] => {
    const counters = facts['tcp-counters'];
    const overflows = counters?.perSecond.TCPTimeWaitOverflow ?? 0;
    return counters === undefined || overflows === 0 || overflows < thresholds.min_overflows_per_second
      ? []
      : [finding(facts, counters, overflows)];
  },
});

function finding(facts: Facts, counters: TcpCountersFact, overflows: number): Finding {
  const limit = facts.sysctl?.tcpMaxTwBuckets ?? null;
  const held = facts.sockstat?.timeWaitSockets ?? null;
  const places = placesOf(facts, KEY);
  return {
    rule: ID,
    severity: 'warning',
    title: 'TIME_WAIT are skipped at their limit',
    explanation: [
      `${formatRate(overflows)} connections/s are closed without TIME_WAIT because the limit${limit === null ? '' : ` of ${formatNumber(limit)} (tcp_max_tw_buckets)`} is reached${held === null ? '' : `; ${formatNumber(held)} are held now`}.`,
      'Late segments of such a connection can reach a new one with the same addresses and ports: the count looks good, the protection is gone.',
      `Raise the limit back; each entry takes 256 bytes${places.length > 0 ? `. It is set in ${placesSentence(places)}` : ''}.`,
    ],
    evidence: evidence(facts, counters, overflows),
    notConcluded: [
      'A limit clears nothing and is no cure: only connections that are reused make fewer TIME_WAIT.',
      'That the count does not rise any more does not mean that fewer connections are closed.',
    ],
    confidence: 'high',
    groupKey: `${ID}:${limit ?? 'unknown'}`,
  };
}

function evidence(facts: Facts, counters: TcpCountersFact, overflows: number): Evidence[] {
  const { sysctl, sockstat } = facts;
  return [
    {
      label: 'Closed without TIME_WAIT (TCPTimeWaitOverflow)',
      value: overflows,
      unit: 'per second',
      source: `/proc/net/netstat, 2 samples ${formatNumber(counters.intervalSeconds)} s apart`,
    },
    {
      label: 'The same since boot',
      value: counters.totals.TCPTimeWaitOverflow ?? 0,
      unit: 'connections',
      source: '/proc/net/netstat',
    },
    ...(sysctl === undefined
      ? []
      : [
          {
            label: 'tcp_max_tw_buckets',
            value: sysctl.tcpMaxTwBuckets ?? 'absent',
            ...(sysctl.tcpMaxTwBuckets === null ? {} : { unit: 'sockets' }),
            source: '/proc/sys/net/ipv4/tcp_max_tw_buckets',
          },
        ]),
    ...(sockstat === undefined
      ? []
      : [{ label: 'TIME_WAIT held', value: sockstat.timeWaitSockets, unit: 'sockets', source: '/proc/net/sockstat' }]),
    ...placesEvidence(placesOf(facts, KEY)),
  ];
}
