import { wholeNumber } from '../number.ts';
import { parsePortRanges } from '../port-ranges.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { PortRange, SysctlFact } from './fact.ts';

/**
 * Reads `ipv4/KEY=VALUE` lines from /proc/sys/net; `KEY absent` and a value that is no number both leave the setting null.
 * A line `read-only` says that /proc/sys cannot be written.
 */
export function parseSysctl(output: ProbeOutput): Parsed<SysctlFact> {
  const broken = brokenOutput(output, 'cat');
  if (broken !== undefined) return broken;
  const values = new Map<string, string>();
  const lines = output.stdout.split('\n');
  for (const line of lines) {
    const match = /^((?:ipv4|core)\/[a-z_]{1,40})=(.*)$/.exec(line);
    if (match !== null) values.set(match[1] ?? '', match[2] ?? '');
  }
  const localPortRange = parseRange(values.get('ipv4/ip_local_port_range'));
  const reservedPortsText = values.get('ipv4/ip_local_reserved_ports');
  const reservedPorts = reservedPortsText === undefined ? undefined : parsePortRanges(reservedPortsText);
  if (localPortRange === undefined || reservedPortsText === undefined || reservedPorts === undefined) {
    return unreadable(output, 'ip_local_port_range and ip_local_reserved_ports of /proc/sys/net/ipv4 were expected.');
  }
  const readOnly = lines.includes('read-only');
  return { ok: true, fact: { localPortRange, reservedPorts, reservedPortsText, ...settings(values), readOnly } };
}

function settings(
  values: ReadonlyMap<string, string>,
): Omit<SysctlFact, 'localPortRange' | 'reservedPorts' | 'reservedPortsText' | 'readOnly'> {
  const number = (key: string): number | null => wholeNumber(values.get(key)?.trim() ?? '') ?? null;
  return {
    tcpTwReuse: number('ipv4/tcp_tw_reuse'),
    tcpTwReuseDelayMs: number('ipv4/tcp_tw_reuse_delay'),
    tcpTwRecycle: number('ipv4/tcp_tw_recycle'),
    tcpTimestamps: number('ipv4/tcp_timestamps'),
    tcpMaxTwBuckets: number('ipv4/tcp_max_tw_buckets'),
    tcpFinTimeoutSeconds: number('ipv4/tcp_fin_timeout'),
    tcpSyncookies: number('ipv4/tcp_syncookies'),
    tcpMaxSynBacklog: number('ipv4/tcp_max_syn_backlog'),
    somaxconn: number('core/somaxconn'),
    unprivilegedPortStart: number('ipv4/ip_unprivileged_port_start'),
  };
}

/** `32768\t60999`: two ports, inclusive (ip-sysctl.rst). */
function parseRange(text: string | undefined): PortRange | undefined {
  const match = /^\s*(\d{1,5})\s+(\d{1,5})\s*$/.exec(text ?? '');
  if (match === null) return undefined;
  const low = Number(match[1]);
  const high = Number(match[2]);
  return low >= 1 && low <= high && high <= 65_535 ? { low, high } : undefined;
}
