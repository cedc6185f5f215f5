import { formatNumber } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { readBack } from '../sysctl/readback.ts';
import { refusalsStopped } from '../sysctl/refused-ports.ts';
import { type Check, verdictOf } from '../verdict.ts';

/** Proven when the setting reads back, the kernel takes ports over, and nginx is refused none. */
export function judgeReuse(plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf([...readBack(plan, after), takenOver(before, after), refusalsStopped(before, after)]);
}

/** TWRecycled counts TIME_WAIT sockets that an outgoing connection took over (snmp counters of the kernel). */
function takenOver(before: Facts, after: Facts): Check {
  const is = after['tcp-counters']?.perSecond.TWRecycled;
  if (is === undefined) return { holds: false, statement: 'The ports that were taken over could not be counted.' };
  const was = before['tcp-counters']?.perSecond.TWRecycled;
  const opens = after['tcp-counters']?.perSecond.ActiveOpens;
  const numbers = `${was === undefined ? '' : `${formatNumber(was)}/s → `}${formatNumber(is)}/s ports taken over from TIME_WAIT${opens === undefined ? '' : ` at ${formatNumber(opens)} new connections/s`}`;
  return is > 0
    ? { holds: true, statement: `${numbers}.` }
    : { holds: false, statement: `${numbers}: none was needed, or none could be.` };
}
