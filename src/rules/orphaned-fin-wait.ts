import { count, formatNumber } from '../base/format.ts';
import type { Facts } from '../probes/registry.ts';
import { allTimeWait, sum } from './backend-traffic.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';
import { placesEvidence, placesOf } from './sysctl-places.ts';

const ID = 'orphaned-fin-wait';

type Input = RuleInput<'min_sockets' | 'min_share'>;

/** Sockets that the kernel counts as TIME_WAIT and that are in FIN_WAIT_2: their process has closed them, and the peer has not. */
interface Orphans {
  readonly counted: number;
  readonly timeWait: number;
  readonly finWait: number;
  readonly difference: number;
}

/** F12: `tw` of /proc/net/sockstat holds orphaned FIN_WAIT_2 as well, for tcp_fin_timeout seconds (ip-sysctl.rst). */
export const orphanedFinWaitRule = defineRule({
  id: ID,
  code: 'F12',
  title: 'Orphaned FIN_WAIT_2 are counted as TIME_WAIT',
  needs: ['sockstat', 'sockets'],
  uses: ['sysctl', 'sysctl-files'],
  dependsOn: ['network-namespace'],
  thresholds: {
    min_sockets: { default: 500, unit: 'sockets', help: 'More of them than this are reported.' },
    min_share: {
      default: 0.2,
      unit: 'share of the counted',
      help: 'And when they are more than this share of what is counted.',
    },
  },
  evaluate: ({ facts, thresholds }: Input): readonly Finding[] => {
    const orphans = orphansIn(facts);
    if (orphans === null || orphans.difference <= thresholds.min_sockets) return [];
    return orphans.difference > thresholds.min_share * orphans.counted ? [finding(facts, orphans)] : [];
  },
});

/** Sockets in groups too small to be listed may all be in TIME_WAIT, so they count as such. */
function orphansIn({ sockstat, sockets }: Facts): Orphans | null {
  if (sockstat === undefined || sockets === undefined) return null;
  const counted = sockstat.timeWaitSockets;
  const timeWait = allTimeWait(sockets);
  const finWait = sum(sockets.groups.filter(({ state }) => state === 'FIN-WAIT-2'));
  return { counted, timeWait, finWait, difference: counted - timeWait - sockets.omittedSockets };
}

function finding(facts: Facts, orphans: Orphans): Finding {
  const { counted, timeWait, finWait, difference } = orphans;
  const timeout = facts.sysctl?.tcpFinTimeoutSeconds ?? null;
  const seen = finWait >= difference / 2;
  return {
    rule: ID,
    severity: 'info',
    title: 'Orphaned FIN_WAIT_2 are counted as TIME_WAIT',
    explanation: [
      `The kernel counts ${formatNumber(counted)} (sockstat tw), but only ${formatNumber(timeWait)} sockets are in TIME_WAIT: about ${formatNumber(difference)} of them are FIN_WAIT_2 that no process holds any more.`,
      `Their peers do not close; each of them stays ${timeout === null ? 'for tcp_fin_timeout' : count(timeout, 'second')}, and here, unlike for TIME_WAIT, tcp_fin_timeout is what decides.`,
    ],
    evidence: evidence(facts, orphans),
    notConcluded: [
      'The larger number is not the number of TIME_WAIT: compare with ss state time-wait.',
      'tcp_fin_timeout does not change TIME_WAIT, which last 60 s whatever it says.',
      ...(seen
        ? []
        : ['The two numbers were read one after the other; part of the difference may be traffic in between.']),
    ],
    confidence: seen ? 'high' : 'medium',
    groupKey: ID,
  };
}

function evidence(facts: Facts, { counted, timeWait, finWait }: Orphans): Evidence[] {
  const tool = facts.sockets?.tool === 'netstat' ? 'netstat -tan' : 'ss -tan';
  const timeout = facts.sysctl?.tcpFinTimeoutSeconds ?? null;
  return [
    { label: 'Counted as TIME_WAIT', value: counted, unit: 'sockets', source: '/proc/net/sockstat' },
    { label: 'In TIME_WAIT', value: timeWait, unit: 'sockets', source: tool },
    { label: 'In FIN_WAIT_2', value: finWait, unit: 'sockets', source: tool },
    ...(timeout === null
      ? []
      : [{ label: 'tcp_fin_timeout', value: timeout, unit: 's', source: '/proc/sys/net/ipv4/tcp_fin_timeout' }]),
    ...placesEvidence(placesOf(facts, 'net.ipv4.tcp_fin_timeout')),
  ];
}
