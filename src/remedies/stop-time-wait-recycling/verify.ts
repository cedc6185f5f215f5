import { formatNumber } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { readBack } from '../sysctl/readback.ts';
import { newRefusals } from '../sysctl/refused-ports.ts';
import { type Check, verdictOf } from '../verdict.ts';

/**
 * Proven when the setting reads back and no connection request is dropped for its timestamp any more. Sockets stay in
 * TIME_WAIT for their full time again, so that nginx must not be refused ports for it.
 */
export function judgeStop(plan: HostPlan, before: Facts, after: Facts): Verdict {
  return verdictOf([...readBack(plan, after), ...dropsStopped(before, after), ...newRefusals(before, after)]);
}

function dropsStopped(before: Facts, after: Facts): readonly Check[] {
  const is = passiveDrops(after);
  if (is === undefined) return [{ holds: true, statement: 'Dropped connection requests are not counted here.' }];
  const was = passiveDrops(before);
  const first = was === undefined ? '' : `${formatNumber(was)}/s → `;
  return [
    { holds: is === 0, statement: `${first}${formatNumber(is)}/s connection requests dropped for their timestamps.` },
  ];
}

/** Connection requests that are dropped for their timestamps, per second; undefined when this kernel does not count them. */
export function passiveDrops(facts: Facts): number | undefined {
  return facts['tcp-counters']?.perSecond.PAWSPassive;
}
