import { containsRanges, formatPortRanges, parsePortRanges } from '../../probes/port-ranges.ts';
import type { PortRange } from '../../probes/sysctl/fact.ts';
import type { WantedSetting } from './settings.ts';

/** The setting whose ports automatic assignment skips (ip-sysctl.rst). Writing it replaces the whole list. */
export const RESERVED_PORTS_KEY = 'net.ipv4.ip_local_reserved_ports';

/** The list with these ports, which have to be merged with what was reserved before. A list that has more suffices. */
export function reservedPortsSetting(ports: readonly PortRange[]): WantedSetting {
  return {
    key: RESERVED_PORTS_KEY,
    value: formatPortRanges(ports),
    purpose: 'service ports that automatic port assignment skips',
    suffices: (value) => containsRanges(parsePortRanges(value) ?? [], ports),
    isDefault: ports.length === 0,
  };
}
