import { containsRanges, parsePortRanges } from '../../probes/port-ranges.ts';
import type { PortRange } from '../../probes/sysctl/fact.ts';
import type { SysctlFileEntry, SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import { type BootSetting, bootSetting } from '../sysctl/boot.ts';

/** The setting whose ports automatic assignment skips (ip-sysctl.rst). Writing it replaces the whole list. */
export const RESERVED_PORTS_KEY = 'net.ipv4.ip_local_reserved_ports';

/** What the drop-in says about it. */
export const RESERVED_PORTS_PURPOSE = 'service ports that automatic port assignment skips';

/** What sets the reserved ports at boot. */
export interface BootReservation extends BootSetting {
  /** Lines of earlier files whose ports are not in the list, which the drop-in would replace. */
  readonly replaced: readonly SysctlFileEntry[];
}

/** Which files decide on the reserved ports at boot, and whether the one that wins reserves all of these. */
export function bootReservation(files: SysctlFilesFact, wanted: readonly PortRange[]): BootReservation {
  const boot = bootSetting(files, RESERVED_PORTS_KEY, (value) => containsRanges(rangesOf(value), wanted));
  return { ...boot, replaced: boot.earlier.filter(({ value }) => !containsRanges(wanted, rangesOf(value))) };
}

function rangesOf(value: string): readonly PortRange[] {
  return parsePortRanges(value) ?? [];
}
