import { formatNumber, list } from '../base/format.ts';
import { formatEndpoint } from '../probes/endpoint.ts';
import type { Listener } from '../probes/listeners/fact.ts';
import type { ConfigPlace } from '../probes/nginx-config/fact.ts';
import type { Facts } from '../probes/registry.ts';
import { placeText } from './backend-traffic.ts';
import { formatRate } from './churn.ts';
import { defineRule, type Evidence, type Finding, type RuleInput } from './rule.ts';

const ID = 'accept-queue';
const SHOWN = 5;

type Input = RuleInput<'min_drops_per_second' | 'critical_drops_per_second'>;

/** F9: connections wait to be accepted and the queue is full. On LISTEN, Recv-Q is the queue now and Send-Q its limit (ss(8)). */
export const acceptQueueRule = defineRule({
  id: ID,
  code: 'F9',
  title: 'Accept queue overflows',
  needs: ['listeners'],
  uses: ['tcp-counters', 'sysctl', 'nginx-config'],
  dependsOn: ['network-namespace'],
  thresholds: {
    min_drops_per_second: {
      default: 0.1,
      unit: 'per second',
      help: 'Dropped connections from which on it is reported, with no queue seen full.',
    },
    critical_drops_per_second: {
      default: 10,
      unit: 'per second',
      help: 'Dropped connections from which on it is critical.',
    },
  },
  evaluate: (input: Input): readonly Finding[] => {
    const { listeners } = input.facts;
    if (listeners === undefined) return [];
    const full = listeners.listeners.filter(isFull);
    const { overflows, drops } = dropped(input.facts);
    return full.length === 0 && Math.max(overflows, drops) < input.thresholds.min_drops_per_second
      ? []
      : [finding(input, full)];
  },
});

interface Dropped {
  readonly overflows: number;
  /** Overflows and all other reasons. */
  readonly drops: number;
}

function dropped({ 'tcp-counters': counters }: Facts): Dropped {
  return { overflows: counters?.perSecond.ListenOverflows ?? 0, drops: counters?.perSecond.ListenDrops ?? 0 };
}

/** The kernel lets one more in than the limit says (sk_acceptq_is_full); a limit of 0 is full with the first. */
function isFull({ acceptQueue, acceptQueueLimit }: Listener): boolean {
  return acceptQueue !== null && acceptQueueLimit !== null && acceptQueue >= Math.max(1, acceptQueueLimit);
}

function finding({ facts, thresholds }: Input, full: readonly Listener[]): Finding {
  const { overflows, drops } = dropped(facts);
  const critical = Math.max(overflows, drops) >= thresholds.critical_drops_per_second;
  const other = full.length === 0 && overflows === 0;
  return {
    rule: ID,
    severity: critical ? 'critical' : 'warning',
    title: other ? 'The kernel drops new connections' : 'Accept queue overflows',
    explanation: [
      ...(full.length === 0 ? [] : [`${list(full.slice(0, 3).map(fullText))}.`]),
      ...(drops > 0 || overflows > 0 ? [dropText(facts, overflows, drops)] : []),
      ...(full.length === 0 ? [noneFull(other)] : full.slice(0, 2).map((listener) => limitText(facts, listener))),
    ],
    evidence: evidence(facts, full),
    notConcluded: [
      'It is not a TIME_WAIT problem, and no kernel setting about TIME_WAIT or ports cures it.',
      ...(facts['tcp-counters'] === undefined
        ? ['Whether connections are dropped now is not known: the counters were not read.']
        : []),
      ...(full.length > 0 && drops === 0 && overflows === 0 && facts['tcp-counters'] !== undefined
        ? ['No connection was dropped between the two samples: the queue may have been full for a moment only.']
        : []),
    ],
    confidence: full.length > 0 || overflows > 0 ? 'high' : 'medium',
    groupKey: `${ID}:${full.map(({ port }) => port).join(',')}`,
  };
}

function fullText({ address, port, acceptQueue, acceptQueueLimit, processes }: Listener): string {
  const names = [...new Set((processes ?? []).map(({ name }) => name))];
  const who = names.length === 0 ? '' : ` (${list(names.slice(0, 2))})`;
  return `On ${formatEndpoint({ address, port })}${who} ${formatNumber(acceptQueue ?? 0)} connections wait to be accepted, and its queue has room for ${formatNumber(acceptQueueLimit ?? 0)}`;
}

function dropText(facts: Facts, overflows: number, drops: number): string {
  const interval = formatNumber(facts['tcp-counters']?.intervalSeconds ?? 0);
  return `${formatRate(overflows)} connections/s overflowed a queue and ${formatRate(drops)}/s were dropped in all, over ${interval} s: those clients wait and try again.`;
}

function noneFull(other: boolean): string {
  return other
    ? 'No queue overflowed, so there is another reason: memory, or a connection to an address that was just taken away.'
    : 'No queue was full at the moment of looking: it comes in bursts, and the listener is not told by the counters.';
}

/** Which of the two limits holds: the service's own backlog, or net.core.somaxconn (listen(2)). */
function limitText(facts: Facts, { address, port, acceptQueueLimit }: Listener): string {
  const where = formatEndpoint({ address, port });
  const somaxconn = facts.sysctl?.somaxconn ?? null;
  const place = listenPlace(facts, port);
  const nginx = place === null ? '' : ` (${placeText(place)})`;
  const cause = `The service behind ${where}${nginx} accepts too slowly`;
  if (somaxconn !== null && acceptQueueLimit === somaxconn) {
    return `${cause}; its queue is as long as net.core.somaxconn ${formatNumber(somaxconn)} allows, so a longer one only hides it.`;
  }
  return `${cause}, or its backlog of ${formatNumber(acceptQueueLimit ?? 0)} is too small for bursts: look at its threads first, then raise the backlog in the service${somaxconn === null ? '' : ` (net.core.somaxconn allows ${formatNumber(somaxconn)})`}.`;
}

function listenPlace({ 'nginx-config': config }: Facts, port: number): ConfigPlace | null {
  return config?.listens.find((listen) => listen.port === port) ?? null;
}

function evidence(facts: Facts, full: readonly Listener[]): Evidence[] {
  const counters = facts['tcp-counters'];
  const somaxconn = facts.sysctl?.somaxconn;
  return [
    ...full.slice(0, SHOWN).flatMap((listener): Evidence[] => {
      const at = formatEndpoint(listener);
      const place = listenPlace(facts, listener.port);
      return [
        {
          label: `Waiting on ${at} (Recv-Q)`,
          value: listener.acceptQueue ?? 0,
          unit: 'connections',
          source: 'ss -tln',
        },
        {
          label: `Queue of ${at} (Send-Q)`,
          value: listener.acceptQueueLimit ?? 0,
          unit: 'connections',
          source: 'ss -tln',
        },
        ...(place === null
          ? []
          : [{ label: 'nginx configuration', value: `listens on ${at}`, source: `${place.file}:${place.line}` }]),
      ];
    }),
    ...(['ListenOverflows', 'ListenDrops'] as const).flatMap((name): Evidence[] => {
      const value = counters?.perSecond[name];
      const source = `/proc/net/netstat, 2 samples ${formatNumber(counters?.intervalSeconds ?? 0)} s apart`;
      return value === undefined ? [] : [{ label: name, value, unit: 'per second', source }];
    }),
    ...(somaxconn === undefined || somaxconn === null
      ? []
      : [
          {
            label: 'net.core.somaxconn',
            value: somaxconn,
            unit: 'connections',
            source: '/proc/sys/net/core/somaxconn',
          },
        ]),
  ];
}
