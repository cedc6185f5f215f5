import { formatNumber } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { type Check, readBack, verdictOf } from '../sysctl/readback.ts';

/** The fast signal: the limit reads back and no TIME_WAIT socket is dropped for it. */
export function judgeOverflow(plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf([...readBack(plan, after), overflowStopped(before, after), countText(before, after)]);
}

/** The slow signal: still none is dropped when the number of TIME_WAIT has reached its new level. */
export function judgeCount(_plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf([overflowStopped(before, after), countText(before, after)]);
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
