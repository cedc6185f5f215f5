import { formatNumber } from '../base/format.ts';
import type { Facts } from '../probes/registry.ts';
import type { TcpCountersFact } from '../probes/tcp-counters/fact.ts';
import { formatRate } from './churn.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

const ID = 'syn-cookies';
const COUNTERS = ['SyncookiesSent', 'SyncookiesRecv', 'TCPReqQFullDoCookies', 'TCPReqQFullDrop'] as const;

type Input = RuleInput<'min_per_second'>;

/** F10: half-open connections outgrow their queue, and the kernel answers with SYN cookies or drops (ip-sysctl.rst). */
export const synCookiesRule = defineRule({
  id: ID,
  code: 'F10',
  title: 'The SYN queue overflows',
  needs: ['tcp-counters'],
  uses: ['sysctl'],
  dependsOn: ['network-namespace'],
  thresholds: {
    min_per_second: { default: 0.1, unit: 'per second', help: 'Cookies or dropped SYN from which on it is reported.' },
  },
  evaluate: ({ facts, thresholds }: Input): readonly Finding[] => {
    const counters = facts['tcp-counters'];
    if (counters === undefined) return [];
    // 2 sends cookies always, for tests of the network (ip-sysctl.rst): they tell nothing about the queue.
    const always = facts.sysctl?.tcpSyncookies === 2;
    const sent = always ? 0 : (counters.perSecond.SyncookiesSent ?? 0);
    const refused = counters.perSecond.TCPReqQFullDrop ?? 0;
    const rate = Math.max(sent, refused);
    return rate === 0 || rate < thresholds.min_per_second ? [] : [finding(facts, counters, sent, refused)];
  },
});

function finding(facts: Facts, counters: TcpCountersFact, sent: number, refused: number): Finding {
  const backlog = facts.sysctl?.tcpMaxSynBacklog ?? null;
  const returned = counters.perSecond.SyncookiesRecv ?? 0;
  return {
    rule: ID,
    severity: 'warning',
    title: refused > 0 ? 'The SYN queue overflows and SYN are dropped' : 'The SYN queue overflows',
    explanation: [
      ...(sent > 0
        ? [
            `${formatRate(sent)} SYN cookies/s are sent because the queue of half-open connections is full; ${formatRate(returned)}/s come back with an ACK.`,
          ]
        : []),
      ...(refused > 0
        ? [
            `${formatRate(refused)} SYN/s are dropped${facts.sysctl?.tcpSyncookies === 0 ? ', since tcp_syncookies is 0: set it to 1' : ''}.`,
          ]
        : []),
      returned < sent / 2
        ? 'Few of the cookies come back: that looks like a SYN flood or lost packets rather than like clients.'
        : 'Most of what is sent comes back, so these are clients: more arrive than the services accept.',
      `The queue is bound by the listener's backlog${backlog === null ? '' : ` and by tcp_max_syn_backlog ${formatNumber(backlog)}`}.`,
    ],
    evidence: evidence(facts, counters),
    notConcluded: [
      'SYN cookies are the protection, not the fault; they have nothing to do with TIME_WAIT.',
      'Whether it is an attack or an overload cannot be told from these counters alone.',
    ],
    confidence: 'medium',
    groupKey: `${ID}:${refused > 0 ? 'drops' : 'cookies'}`,
  };
}

function evidence(facts: Facts, counters: TcpCountersFact): Evidence[] {
  const source = `/proc/net/netstat, 2 samples ${formatNumber(counters.intervalSeconds)} s apart`;
  const { sysctl } = facts;
  return [
    ...COUNTERS.flatMap((name): Evidence[] => {
      const value = counters.perSecond[name];
      return value === undefined ? [] : [{ label: name, value, unit: 'per second', source }];
    }),
    ...(sysctl === undefined
      ? []
      : [
          {
            label: 'tcp_syncookies',
            value: sysctl.tcpSyncookies ?? 'absent',
            source: '/proc/sys/net/ipv4/tcp_syncookies',
          },
          {
            label: 'tcp_max_syn_backlog',
            value: sysctl.tcpMaxSynBacklog ?? 'absent',
            source: '/proc/sys/net/ipv4/tcp_max_syn_backlog',
          },
        ]),
  ];
}
