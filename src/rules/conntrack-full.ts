import { count, formatNumber } from '../base/format.ts';
import type { ConntrackFact, ConntrackTable } from '../probes/conntrack/fact.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

const ID = 'conntrack-full';

type Input = RuleInput<'warning_share' | 'critical_share'>;

/** F11: netfilter's connection table is near its limit, above which new connections are dropped (nf_conntrack-sysctl.rst). */
export const conntrackFullRule = defineRule({
  id: ID,
  code: 'F11',
  title: 'The connection tracking table is nearly full',
  needs: ['conntrack'],
  uses: ['sockstat'],
  dependsOn: ['network-namespace'],
  thresholds: {
    warning_share: { default: 0.8, unit: 'share of the limit', help: 'From here on it is worth a look.' },
    critical_share: { default: 0.95, unit: 'share of the limit', help: 'From here on a burst drops connections.' },
  },
  evaluate: ({ facts, thresholds }: Input): readonly Finding[] => {
    const { conntrack } = facts;
    if (conntrack === undefined || conntrack.table === null || conntrack.table.limit === 0) return [];
    const share = conntrack.table.entries / conntrack.table.limit;
    const dropping = (conntrack.fullLines?.recentLines ?? 0) > 0;
    if (share < thresholds.warning_share && !dropping) return [];
    return [finding(conntrack, conntrack.table, dropping || share >= thresholds.critical_share)];
  },
});

function finding(fact: ConntrackFact, table: ConntrackTable, critical: boolean): Finding {
  const { entries, limit, timeWaitSeconds } = table;
  const recent = fact.fullLines?.recentLines ?? 0;
  return {
    rule: ID,
    severity: critical ? 'critical' : 'warning',
    title: recent > 0 ? 'The connection tracking table was full' : 'The connection tracking table is nearly full',
    explanation: [
      `${formatNumber(entries)} of ${formatNumber(limit)} entries are in use (${Math.round((entries / limit) * 100)} %); above the limit packets that begin a connection are dropped.`,
      ...(recent > 0
        ? [`The kernel logged "table full, dropping packet" ${count(recent, 'time')} in the last ten minutes.`]
        : []),
      `The table keeps entries of its own for closed connections${timeWaitSeconds === null ? '' : `, ${formatNumber(timeWaitSeconds)} s for TIME_WAIT`}: connections that are reused make fewer of them, and net.netfilter.nf_conntrack_max can be raised.`,
    ],
    evidence: evidence(fact, table),
    notConcluded: [
      'These entries are not sockets: the TIME_WAIT of the sockets, their ports and their limit are another matter.',
      ...(fact.fullLines === null
        ? ['Whether packets were dropped is not known: this user may not read the kernel log.']
        : [
            'The kernel log is of the whole machine: in a container such a line can be about another network namespace.',
          ]),
    ],
    confidence: 'high',
    groupKey: `${ID}:${recent > 0}`,
  };
}

function evidence({ fullLines }: ConntrackFact, { entries, limit, timeWaitSeconds }: ConntrackTable): Evidence[] {
  const folder = '/proc/sys/net/netfilter';
  return [
    { label: 'Tracked connections', value: entries, unit: 'entries', source: `${folder}/nf_conntrack_count` },
    { label: 'Limit', value: limit, unit: 'entries', source: `${folder}/nf_conntrack_max` },
    ...(timeWaitSeconds === null
      ? []
      : [
          {
            label: 'An entry in TIME_WAIT stays',
            value: timeWaitSeconds,
            unit: 's',
            source: `${folder}/nf_conntrack_tcp_timeout_time_wait`,
          },
        ]),
    ...(fullLines === null
      ? []
      : [
          {
            label: '"table full", last 10 min',
            value: fullLines.recentLines,
            unit: 'log lines',
            source: fullLines.source,
          },
          { label: '"table full", whole log', value: fullLines.lines, unit: 'log lines', source: fullLines.source },
        ]),
  ];
}
