import { list } from '../../base/format.ts';
import { containsRanges, parsePortRanges } from '../../probes/port-ranges.ts';
import type { Facts } from '../../probes/registry.ts';
import type { ChangeAction, HostPlan, Verdict } from '../remedy.ts';
import { holderText, holdersOf } from './plan.ts';

interface Check {
  readonly holds: boolean;
  readonly statement: string;
}

/** Proven when the kernel's list and the drop-in read back as planned; holders are named, for they are not evicted. */
export function judgeReservation(plan: HostPlan, before: Facts, after: Facts): Verdict {
  const checks = plan.actions.map((action) =>
    action.kind === 'sysctl' ? sysctlReadsBack(action, after) : fileReadsBack(action, after),
  );
  return {
    outcome: checks.length > 0 && checks.every(({ holds }) => holds) ? 'proven' : 'not_proven',
    statements: [...checks.map(({ statement }) => statement), holders(plan, before, after)],
  };
}

function sysctlReadsBack({ key, after: wanted }: Extract<ChangeAction, { kind: 'sysctl' }>, { sysctl }: Facts): Check {
  if (sysctl === undefined) return { holds: false, statement: `${key} could not be read back.` };
  const ports = parsePortRanges(wanted);
  const holds =
    ports !== undefined && containsRanges(sysctl.reservedPorts, ports) && containsRanges(ports, sysctl.reservedPorts);
  const read = sysctl.reservedPortsText.trim() === '' ? 'empty' : sysctl.reservedPortsText;
  return { holds, statement: holds ? `${key} reads back as ${read}.` : `${key} reads back as ${read}, not ${wanted}.` };
}

function fileReadsBack({ path, after: wanted }: Extract<ChangeAction, { kind: 'file' }>, facts: Facts): Check {
  const files = facts['sysctl-files'];
  if (files === undefined) return { holds: false, statement: `${path} could not be read back.` };
  if (files.ownDropIn === wanted) return { holds: true, statement: `${path} reads back as written.` };
  return {
    holds: false,
    statement: files.ownDropIn === null ? `${path} does not exist.` : `${path} holds another text than was written.`,
  };
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
