import { containsRanges, parsePortRanges } from '../../probes/port-ranges.ts';
import type { PortRange } from '../../probes/sysctl/fact.ts';
import type { SysctlFileEntry, SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import { type BootSetting, bootSetting } from '../sysctl/boot.ts';
import { reservedPortsSetting } from '../sysctl/reserved-ports.ts';

/** What sets the reserved ports at boot. */
export interface BootReservation extends BootSetting {
  /** Lines of earlier files whose ports are not in the list, which the drop-in would replace. */
  readonly replaced: readonly SysctlFileEntry[];
}

/** Which files decide on the reserved ports at boot, and whether the one that wins reserves all of these. */
export function bootReservation(files: SysctlFilesFact, wanted: readonly PortRange[]): BootReservation {
  const { key, suffices } = reservedPortsSetting(wanted);
  const boot = bootSetting(files, key, suffices);
  return { ...boot, replaced: boot.earlier.filter(({ value }) => !containsRanges(wanted, rangesOf(value))) };
}

function rangesOf(value: string): readonly PortRange[] {
  return parsePortRanges(value) ?? [];
}
