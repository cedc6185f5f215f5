import { list } from '../../base/format.ts';
import { parsePortRanges } from '../../probes/port-ranges.ts';
import type { Facts } from '../../probes/registry.ts';
import type { HostPlan, Verdict } from '../remedy.ts';
import { readBack } from '../sysctl/readback.ts';
import { newRefusals } from '../sysctl/refused-ports.ts';
import { verdictOf } from '../verdict.ts';
import { holderText, holdersOf } from './plan.ts';

/**
 * Proven when the kernel's list and the drop-in read back as planned; holders are named, for they are not evicted. Fewer
 * ports are left for outgoing connections, so that nginx must not be refused any.
 */
export function judgeReservation(plan: HostPlan, before: Facts, after: Facts): Verdict {
  const { outcome, statements } = verdictOf([...readBack(plan, after), ...newRefusals(before, after)]);
  return { outcome, statements: [...statements, holders(plan, before, after)] };
}

function holders(plan: HostPlan, before: Facts, after: Facts): string {
  const ports = parsePortRanges(String(plan.basis['servicePorts'])) ?? [];
  const numbers = ports.flatMap(({ low, high }) => Array.from({ length: high - low + 1 }, (_, offset) => low + offset));
  const known = (facts: Facts): string =>
    facts.sockets === undefined
      ? 'not known'
      : list(holdersOf(facts.sockets, numbers).slice(0, 5).map(holderText)) || 'none';
  return `Outgoing connections on these ports before: ${known(before)}; after: ${known(after)}.`;
}
