import { formatNumber } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { assignablePorts, fullestDestination, pressedName } from '../sysctl/port-pressure.ts';
import { readBack } from '../sysctl/readback.ts';
import { refusalsStopped } from '../sysctl/refused-ports.ts';
import { type Check, verdictOf } from '../verdict.ts';

/** Below this share of the ports connect() finds one without a long search. */
const EASY_SHARE = 0.5;

/** Proven when everything reads back, the fullest destination holds a smaller share, and nginx is refused no port. */
export function judgeRange(plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf([...readBack(plan, after), shareFell(before, after), refusalsStopped(before, after)]);
}

interface Share {
  readonly share: number;
  readonly text: string;
}

function shareFell(before: Facts, after: Facts): Check {
  const is = shareOf(after);
  if (is === undefined) return { holds: false, statement: 'The ports that are held could not be counted.' };
  const was = shareOf(before);
  if (was === undefined) return { holds: is.share < EASY_SHARE, statement: `${is.text}; before it was not counted.` };
  return { holds: is.share < was.share || is.share < EASY_SHARE, statement: `Before: ${was.text}; after: ${is.text}.` };
}

function shareOf(facts: Facts): Share | undefined {
  const { sysctl, sockets } = facts;
  if (sysctl === undefined || sockets === undefined) return undefined;
  const ports = assignablePorts(sysctl.localPortRange, sysctl.reservedPorts);
  const fullest = fullestDestination(facts);
  if (fullest === undefined) return { share: 0, text: `none of ${formatNumber(ports)} ports held` };
  const share = ports <= 0 ? 1 : fullest.heldPorts / ports;
  return {
    share,
    text: `${formatNumber(fullest.heldPorts)} of ${formatNumber(ports)} ports held (${Math.round(share * 100)} %), from ${pressedName(fullest)}`,
  };
}
