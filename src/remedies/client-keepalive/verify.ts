import { formatNumber } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import { formatRate, masterLives, newErrors } from '../nginx-edit/effect.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { type Check, verdictOf } from '../verdict.ts';
import { timeWaitOn } from './limits.ts';

/** The fast signal: clients do not reconnect more often than before, the master lives, no new errors are logged. */
export function judgeReconnects(_plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf([reconnects(before, after), masterLives(before, after), ...newErrors(before, after)]);
}

/** The slow signal: the TIME_WAIT sockets on nginx's own ports are down to what was predicted. */
export function judgeClientTimeWait(plan: HostPlan, before: Facts, after: Facts): Verdict {
  const ports = portsOf(plan);
  const was = timeWaitOn(before, ports);
  const now = timeWaitOn(after, ports);
  const target = plan.targets?.['timeWaitSockets'];
  if (now === null) return verdictOf([{ holds: false, statement: 'The sockets could not be counted.' }]);
  const statement = `${was === null ? '' : `${formatNumber(was)} → `}${formatNumber(now)} TIME_WAIT on nginx's own ports`;
  const check =
    target === undefined
      ? { holds: true, statement: `${statement}; nothing was predicted.` }
      : { holds: now <= target, statement: `${statement}, predicted under ${formatNumber(target)}.` };
  return verdictOf([check, ...newErrors(before, after)]);
}

/** stub_status counts clients alone; without it the effect shows in the sockets after 60 s. */
function reconnects(before: Facts, after: Facts): Check {
  const was = perRequest(before);
  const is = perRequest(after);
  if (was === null || is === null) {
    return {
      holds: true,
      statement: 'Client connections per request were not measured; the TIME_WAIT count will tell.',
    };
  }
  const accepts = `${formatRate(before.requests?.acceptsPerSecond ?? 0)} → ${formatRate(after.requests?.acceptsPerSecond ?? 0)}`;
  const load = `${formatRate(before.requests?.requestsPerSecond ?? 0)} → ${formatRate(after.requests?.requestsPerSecond ?? 0)}`;
  return {
    holds: is <= Math.max(was, 0.01),
    statement: `New client connections: ${accepts}/s at ${load} requests/s.`,
  };
}

function perRequest({ requests }: Facts): number | null {
  if (!requests || requests.acceptsPerSecond === null || requests.requestsPerSecond === 0) return null;
  return requests.acceptsPerSecond / requests.requestsPerSecond;
}

function portsOf({ basis }: HostPlan): readonly number[] {
  const ports = Array.isArray(basis['ports']) ? basis['ports'] : [];
  return ports.filter((port) => typeof port === 'number');
}
