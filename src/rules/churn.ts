import { formatNumber } from '../base/format.ts';
import { formatEndpoint } from '../probes/endpoint.ts';
import type { Facts } from '../probes/registry.ts';
import { allTimeWait, type BackendTraffic, endpointsText } from './backend-traffic.ts';
import { budgetPorts, portUses } from './port-budget.ts';
import { measuredRequests, requestEvidence } from './request-rate.ts';
import type { Evidence, RuleInput } from './rule.ts';
import { closesPerSecondBehind, timeWaitSockets } from './steady-state.ts';

/** Below these numbers connections to backends are not worth a finding; a runbook may set them. */
export const CHURN_THRESHOLDS = {
  min_time_wait: {
    default: 1000,
    unit: 'sockets',
    help: 'TIME_WAIT sockets of the backends from which on they matter.',
  },
  min_share: { default: 0.5, unit: 'share', help: 'Or this share of all TIME_WAIT sockets of the host.' },
  min_opens_per_second: {
    default: 50,
    unit: 'per second',
    help: 'New outgoing connections from which on they matter.',
  },
  min_opens_per_request: {
    default: 0.5,
    unit: 'per request',
    help: 'Where requests are counted: new outgoing connections for each from which on they are not pooled.',
  },
} as const;

/** The input of a rule that judges connections to backends. */
export type ChurnInput = RuleInput<keyof typeof CHURN_THRESHOLDS>;

/** Connections to backends that come and go. */
export interface Churn {
  readonly backends: readonly BackendTraffic[];
  readonly opensPerSecond: number;
  /** False when the counters gave no rate and it was computed from TIME_WAIT. */
  readonly measured: boolean;
  /** null when nothing counts requests. */
  readonly requestsPerSecond: number | null;
  readonly backendClosed: number;
  readonly nginxClosed: number;
}

/** From this share of the port budget on, F4 reports exhaustion and the cause is as urgent as that. */
const EXHAUSTION_SHARE = 0.5;

/**
 * The churn of these backends; null when it is too little to matter. A backend known to be without a pool needs no ratio
 * to be one: it may have a small part of all requests. With many TIME_WAIT a connection per request is enough at any rate.
 */
export function churnOf(
  { facts, thresholds }: ChurnInput,
  backends: readonly BackendTraffic[],
  known: 'by-config' | 'by-sockets' = 'by-config',
): Churn | null {
  const backendClosed = backends.reduce((sum, traffic) => sum + traffic.backendClosed, 0);
  const nginxClosed = backends.reduce((sum, traffic) => sum + traffic.nginxClosed, 0);
  const timeWait = backendClosed + nginxClosed;
  const all = facts.sockets ? allTimeWait(facts.sockets) : 0;
  if (timeWait === 0 || (timeWait < thresholds.min_time_wait && timeWait < thresholds.min_share * all)) return null;
  const exhausted = stallsForPorts(facts, backends);
  const counted = facts['tcp-counters']?.perSecond.ActiveOpens;
  const closed = closesPerSecondBehind(timeWait);
  const measured = counted !== undefined && !(exhausted && closed > counted);
  const opensPerSecond = measured ? counted : closed;
  const requestsPerSecond = measuredRequests(facts);
  const perRequest =
    requestsPerSecond !== null && opensPerSecond >= thresholds.min_opens_per_request * requestsPerSecond;
  if (known === 'by-sockets' && requestsPerSecond !== null && !perRequest) return null;
  const atAnyRate = perRequest && timeWait >= thresholds.min_time_wait && opensPerSecond >= 1;
  if (opensPerSecond < thresholds.min_opens_per_second && !atAnyRate && !exhausted) return null;
  return { backends, opensPerSecond, measured, requestsPerSecond, backendClosed, nginxClosed };
}

/** Whether connections that are not pooled hold so many ports that few or none can be opened now: their rate says little then. */
function stallsForPorts(facts: Facts, backends: readonly BackendTraffic[]): boolean {
  const unpooled = backends.some(({ poolings }) => poolings.some(({ state }) => state !== 'pooled'));
  return unpooled && (busiest(facts, backends)?.share ?? 0) >= EXHAUSTION_SHARE;
}

/** The numbers in one sentence: how many connections, how many TIME_WAIT where, and who closed. */
export function churnSentence(churn: Churn): string {
  const { backends, opensPerSecond, measured, requestsPerSecond, backendClosed, nginxClosed } = churn;
  const requests = requestsPerSecond === null ? '' : ` for ${formatRate(requestsPerSecond)} requests/s`;
  const rate = `${measured ? '' : 'at least '}${formatRate(opensPerSecond)} new outgoing connections/s${requests}`;
  const split = `${formatNumber(backendClosed)} closed by the backends, ${formatNumber(nginxClosed)} by nginx`;
  return `${capital(rate)}; ${formatNumber(backendClosed + nginxClosed)} TIME_WAIT on ${endpointsText(backends)}: ${split}.`;
}

/** The numbers one by one with their sources. */
export function churnEvidence(churn: Churn, facts: Facts): Evidence[] {
  const counters = facts['tcp-counters'];
  const tool = facts.sockets?.tool === 'netstat' ? 'netstat -tan' : 'ss -tan';
  const source =
    churn.measured && counters
      ? `/proc/net/snmp, 2 samples ${formatNumber(counters.intervalSeconds)} s apart`
      : `${tool}, TIME_WAIT / 60 s`;
  const opens = { label: 'New outgoing connections', value: churn.opensPerSecond, unit: 'per second', source };
  const split = churn.backends.slice(0, 8).flatMap((traffic) => {
    const to = formatEndpoint(traffic);
    return [
      {
        label: `TIME_WAIT of ${to}, closed by the backend`,
        value: traffic.backendClosed,
        unit: 'sockets',
        source: tool,
      },
      { label: `TIME_WAIT of ${to}, closed by nginx`, value: traffic.nginxClosed, unit: 'sockets', source: tool },
    ];
  });
  return [opens, ...requestEvidence(facts), ...explained(churn), ...split];
}

/** What the rate of opens alone explains in the steady state, while no ceiling is reached (steady-state.ts). */
function explained({ opensPerSecond }: Churn): Evidence[] {
  const value = Math.round(timeWaitSockets({ closesPerSecond: opensPerSecond, seconds: 60 }));
  const label = 'TIME_WAIT that so many connections explain';
  return [{ label, value, unit: 'sockets', source: 'new outgoing connections/s × 60 s' }];
}

/** Whether the ephemeral ports to these backends run out, which makes the churn critical (F4, F5). */
export function exhaustsPorts(facts: Facts, backends: readonly BackendTraffic[]): boolean {
  const refused = facts['nginx-log']?.entries.find((entry) => entry.class === 'address-not-available');
  return (refused?.recentLines ?? 0) > 0 || (busiest(facts, backends)?.share ?? 0) >= EXHAUSTION_SHARE;
}

/** Why the count alone is not port exhaustion; empty when it may be. */
export function notExhaustion(facts: Facts, churn: Churn): string[] {
  if (exhaustsPorts(facts, churn.backends)) return [];
  if (!facts.sysctl) {
    return churn.backendClosed > churn.nginxClosed
      ? ['A TIME_WAIT that the backend closed holds no ephemeral port: this count is not port exhaustion.']
      : [];
  }
  const held = formatNumber(busiest(facts, churn.backends)?.heldPorts ?? 0);
  const ports = formatNumber(budgetPorts(facts.sysctl));
  return [`This is not port exhaustion: nginx holds ${held} of ${ports} ports to its busiest backend.`];
}

/** A rate as people read it: no decimals from 10 up. */
export function formatRate(perSecond: number): string {
  return formatNumber(perSecond >= 10 ? Math.round(perSecond) : perSecond);
}

function busiest({ sockets, sysctl, ...facts }: Facts, backends: readonly BackendTraffic[]) {
  if (!sockets || !sysctl) return undefined;
  const concerned = portUses(sockets, sysctl, facts['tcp-counters']).filter(({ destination }) =>
    backends.some(
      ({ address, port }) => port === destination.port && [destination.address, 'localhost'].includes(address),
    ),
  );
  return concerned.sort((a, b) => b.share - a.share || b.heldPorts - a.heldPorts)[0];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
