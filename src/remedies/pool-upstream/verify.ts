import { formatNumber } from '../../base/format.ts';
import { endpointOf } from '../../probes/nginx-config/values.ts';
import type { Facts } from '../../probes/registry.ts';
import { formatRate, masterLives, newErrors } from '../nginx-edit/effect.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { type Check, verdictOf } from '../verdict.ts';
import { type BackendEndpoint, timeWaitOf } from './size.ts';

/** New connections have to fall to this share of what they were, at the same load. */
const REMAINING_SHARE = 0.2;

/** Fewer opens per second than this before are nothing to measure a fall by. */
const QUIET_PER_SECOND = 5;

/** The fast signal: opens per request fell, the master lives, and no new upstream errors are logged. */
export function judgeOpens(plan: HostPlan, before: Facts, after: Facts): Verdict {
  const opens = plan.basis['purpose'] === 'idle timeouts' ? [] : [opensFell(before, after)];
  return verdictOf([...opens, masterLives(before, after), ...newErrors(before, after)]);
}

/** The slow signal: the TIME_WAIT sockets of the backends are down to what was predicted. */
export function judgeTimeWait(plan: HostPlan, before: Facts, after: Facts): Verdict {
  const timeWait = plan.basis['purpose'] === 'idle timeouts' ? [] : [timeWaitFell(plan, before, after)];
  return verdictOf([...timeWait, ...newErrors(before, after)]);
}

function opensFell(before: Facts, after: Facts): Check {
  const was = opensOf(before);
  const is = opensOf(after);
  if (is === undefined) return { holds: false, statement: 'New connections per second could not be measured.' };
  if (was === undefined) {
    return { holds: false, statement: `${formatRate(is)} new connections/s; the rate before was not measured.` };
  }
  const requestsWere = before.requests?.requestsPerSecond ?? 0;
  const requestsAre = after.requests?.requestsPerSecond ?? 0;
  const fell = `New outgoing connections: ${formatRate(was)} → ${formatRate(is)}/s`;
  if (requestsWere === 0 || requestsAre === 0) {
    return {
      holds: fewEnough(was, is, is / was),
      statement: `${fell}. Requests were not measured, so the load may have changed, too.`,
    };
  }
  const holds = fewEnough(was, is, is / requestsAre / (was / requestsWere));
  const load = `at ${formatRate(requestsWere)} → ${formatRate(requestsAre)} requests/s`;
  return {
    holds,
    statement: `${fell} ${load}: ${share(was / requestsWere)} → ${share(is / requestsAre)} per request.`,
  };
}

/** Below one per second nothing is left to fall. */
function fewEnough(was: number, is: number, remaining: number): boolean {
  return remaining <= REMAINING_SHARE || is < 1 || (was < QUIET_PER_SECOND && is < QUIET_PER_SECOND);
}

function opensOf(facts: Facts): number | undefined {
  return facts['tcp-counters']?.perSecond.ActiveOpens;
}

/** A number per request, which is usually far below one. */
function share(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}

function timeWaitFell(plan: HostPlan, before: Facts, after: Facts): Check {
  const backends = plannedBackends(plan);
  const now = timeWaitOf(after, backends);
  const was = timeWaitOf(before, backends);
  const target = plan.targets?.['timeWaitSockets'];
  if (!now) return { holds: false, statement: 'The sockets could not be counted.' };
  const total = now.backendClosed + now.nginxClosed;
  const first = was ? `${formatNumber(was.backendClosed + was.nginxClosed)} → ` : '';
  const split = `${formatNumber(now.backendClosed)} closed by them, ${formatNumber(now.nginxClosed)} by nginx`;
  const statement = `${first}${formatNumber(total)} TIME_WAIT of these backends (${split})`;
  if (target === undefined) return { holds: true, statement: `${statement}; nothing was predicted.` };
  return { holds: total <= target, statement: `${statement}, predicted under ${formatNumber(target)}.` };
}

function plannedBackends({ basis }: HostPlan): readonly BackendEndpoint[] {
  const texts = Array.isArray(basis['backends']) ? basis['backends'] : [];
  return texts.flatMap((text) => (typeof text === 'string' ? (endpointOf(text, 80) ?? []) : []));
}
