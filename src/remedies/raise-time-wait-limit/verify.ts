import { formatNumber } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { readBack } from '../sysctl/readback.ts';
import { newRefusals } from '../sysctl/refused-ports.ts';
import { type Check, verdictOf } from '../verdict.ts';

/**
 * The fast signal: the limit reads back, no TIME_WAIT socket is dropped for it, and those that are kept take nginx no ports
 * that it wants.
 */
export function judgeOverflow(plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf([...readBack(plan, after), ...judged(before, after)]);
}

/** The slow signal: still none is dropped when the number of TIME_WAIT has reached its new level. */
export function judgeCount(_plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf(judged(before, after));
}

function judged(before: Facts, after: Facts): readonly Check[] {
  return [overflowStopped(before, after), countText(before, after), ...newRefusals(before, after)];
}

function overflowStopped(before: Facts, after: Facts): Check {
  const is = after['tcp-counters']?.perSecond.TCPTimeWaitOverflow;
  if (is === undefined) return { holds: false, statement: 'TCPTimeWaitOverflow could not be measured.' };
  const was = before['tcp-counters']?.perSecond.TCPTimeWaitOverflow;
  const first = was === undefined ? '' : `${formatNumber(was)}/s → `;
  return { holds: is === 0, statement: `${first}${formatNumber(is)}/s TIME_WAIT sockets dropped for the limit.` };
}

/** For information: the number has to rise, and by how much depends on the traffic. */
function countText(before: Facts, after: Facts): Check {
  const is = after.sockstat?.timeWaitSockets;
  if (is === undefined) return { holds: true, statement: 'The TIME_WAIT sockets could not be counted.' };
  const was = before.sockstat?.timeWaitSockets;
  const first = was === undefined ? '' : `${formatNumber(was)} → `;
  return { holds: true, statement: `${first}${formatNumber(is)} TIME_WAIT sockets; the limit no longer hides them.` };
}
