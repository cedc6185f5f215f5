import { count, formatNumber } from '../base/format.ts';
import { isLoopback } from '../probes/endpoint.ts';
import type { Facts } from '../probes/registry.ts';
import type { SysctlFact } from '../probes/sysctl/fact.ts';
import { placesEvidence, placesOf, placesSentence } from './sysctl-places.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

const KEY = 'net.ipv4.tcp_tw_recycle';
const ID = 'time-wait-recycling';

type Input = RuleInput<'shared_address_share'>;

/**
 * F7: tcp_tw_recycle is on, which drops connections of clients behind one address. The key exists up to Linux 4.11
 * (removed by commit 4396e46187ca); whether it is there decides, not the version.
 */
export const timeWaitRecyclingRule = defineRule({
  id: ID,
  code: 'F7',
  title: 'tcp_tw_recycle drops connections of clients behind NAT',
  needs: ['sysctl'],
  uses: ['tcp-counters', 'sysctl-files', 'sockets', 'kernel'],
  dependsOn: ['network-namespace'],
  thresholds: {
    shared_address_share: {
      default: 0.5,
      unit: 'share of the accepted connections',
      help: 'From here on one client address is taken for a load balancer or a NAT.',
    },
  },
  evaluate: (input: Input): readonly Finding[] => {
    const { sysctl } = input.facts;
    return sysctl === undefined || sysctl.tcpTwRecycle === null || sysctl.tcpTwRecycle === 0
      ? []
      : [finding(input, sysctl)];
  },
});

function finding({ facts, thresholds }: Input, sysctl: SysctlFact): Finding {
  const dropped = facts['tcp-counters']?.perSecond.PAWSPassive ?? 0;
  const shared = sharedAddress(facts, thresholds.shared_address_share);
  const idle = sysctl.tcpTimestamps === 0;
  const places = placesOf(facts, KEY);
  return {
    rule: ID,
    severity: !idle && (dropped > 0 || shared !== null) ? 'critical' : 'warning',
    title: 'tcp_tw_recycle drops connections of clients behind NAT',
    explanation: [
      `tcp_tw_recycle is ${sysctl.tcpTwRecycle}: the kernel drops a SYN whose timestamp is older than the last one from that address, and clients behind one address have clocks of their own.`,
      ...(dropped > 0 ? [`${formatNumber(dropped)} SYN/s are dropped for that now (PAWSPassive).`] : []),
      ...(shared === null
        ? []
        : [
            `${count(shared.sockets, 'accepted connection')} come from ${shared.address} alone: a load balancer or a NAT.`,
          ]),
      ...(idle ? ['With tcp_timestamps 0 it has no effect at present.'] : []),
      `Set it to 0, which takes effect at once${places.length > 0 ? `, and take it out of ${placesSentence(places)}` : ''}.`,
    ],
    evidence: evidence(facts, sysctl),
    notConcluded: [
      'It is no cure for TIME_WAIT: a count of them is no fault.',
      ...(facts['tcp-counters'] === undefined
        ? ['Whether SYN are dropped now is not known: the counters were not read.']
        : []),
    ],
    confidence: 'high',
    groupKey: `${ID}:${places.map(({ file, line }) => `${file}:${line}`).join(',')}`,
  };
}

/** The client address with most accepted connections, when it has so large a part of them that it stands for many clients. */
function sharedAddress({ sockets }: Facts, share: number): { address: string; sockets: number } | null {
  const byAddress = new Map<string, number>();
  for (const { direction, peer, sockets: amount } of sockets?.groups ?? []) {
    if (direction !== 'accepted' || isLoopback(peer.address)) continue;
    byAddress.set(peer.address, (byAddress.get(peer.address) ?? 0) + amount);
  }
  const all = [...byAddress.values()].reduce((sum, amount) => sum + amount, 0);
  const [first] = [...byAddress].sort((a, b) => b[1] - a[1]);
  if (first === undefined || first[1] < 10 || first[1] < share * all) return null;
  return { address: first[0], sockets: first[1] };
}

function evidence(facts: Facts, sysctl: SysctlFact): Evidence[] {
  const counters = facts['tcp-counters'];
  const dropped = counters?.perSecond.PAWSPassive;
  return [
    { label: 'tcp_tw_recycle', value: sysctl.tcpTwRecycle ?? 'absent', source: '/proc/sys/net/ipv4/tcp_tw_recycle' },
    { label: 'tcp_timestamps', value: sysctl.tcpTimestamps ?? 'absent', source: '/proc/sys/net/ipv4/tcp_timestamps' },
    ...(facts.kernel === undefined ? [] : [{ label: 'Kernel', value: facts.kernel.release, source: 'uname -r' }]),
    ...(dropped === undefined || counters === undefined
      ? []
      : [
          {
            label: 'SYN dropped by tcp_tw_recycle (PAWSPassive)',
            value: dropped,
            unit: 'per second',
            source: `/proc/net/netstat, 2 samples ${formatNumber(counters.intervalSeconds)} s apart`,
          },
          {
            label: 'The same since boot',
            value: counters.totals.PAWSPassive ?? 0,
            unit: 'packets',
            source: '/proc/net/netstat',
          },
        ]),
    ...placesEvidence(placesOf(facts, KEY)),
  ];
}
