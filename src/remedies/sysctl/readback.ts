import { containsRanges, parsePortRanges } from '../../probes/port-ranges.ts';
import type { Facts } from '../../probes/registry.ts';
import type { ChangeAction, HostPlan } from '../remedy.ts';
import type { Check } from '../verdict.ts';
import { isSettingKey, valueInForce } from './keys.ts';

/** Whether each setting and the drop-in read back as planned. */
export function readBack({ actions }: HostPlan, after: Facts): readonly Check[] {
  return actions.map((action) => {
    if (action.kind === 'sysctl') return settingReadsBack(action, after);
    if (action.kind === 'file') return fileReadsBack(action, after);
    return { holds: false, statement: `An action of the kind ${action.kind} cannot be read back here.` };
  });
}

function settingReadsBack({ key, after: wanted }: Extract<ChangeAction, { kind: 'sysctl' }>, { sysctl }: Facts): Check {
  const value = sysctl === undefined || !isSettingKey(key) ? null : valueInForce(sysctl, key);
  if (value === null) return { holds: false, statement: `${key} could not be read back.` };
  const holds = key === 'net.ipv4.ip_local_reserved_ports' ? samePorts(value, wanted) : value === wanted;
  const read = value.trim() === '' ? 'empty' : value;
  return { holds, statement: holds ? `${key} reads back as ${read}.` : `${key} reads back as ${read}, not ${wanted}.` };
}

function samePorts(value: string, wanted: string): boolean {
  const [read, ports] = [parsePortRanges(value), parsePortRanges(wanted)];
  return read !== undefined && ports !== undefined && containsRanges(read, ports) && containsRanges(ports, read);
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

/** How the read-back is announced in a plan. */
export function readBackProof(actions: readonly ChangeAction[]): readonly string[] {
  return actions.flatMap((action) => {
    if (action.kind === 'sysctl') return [`${action.key} reads back as ${action.after}.`];
    return action.kind === 'file' ? [`${action.path} reads back byte for byte.`] : [];
  });
}
