import type { SysctlFact } from '../../probes/sysctl/fact.ts';

/** The kernel settings that remedies write, as sysctl(8) names them (ip-sysctl.rst). */
export type SettingKey =
  | 'net.ipv4.ip_local_reserved_ports'
  | 'net.ipv4.ip_local_port_range'
  | 'net.ipv4.tcp_tw_reuse'
  | 'net.ipv4.tcp_tw_recycle'
  | 'net.ipv4.tcp_max_tw_buckets';

/** The setting in force, with single blanks; null = this kernel has no such key. */
export function valueInForce(sysctl: SysctlFact, key: SettingKey): string | null {
  switch (key) {
    case 'net.ipv4.ip_local_reserved_ports':
      return sysctl.reservedPortsText;
    case 'net.ipv4.ip_local_port_range':
      return `${sysctl.localPortRange.low} ${sysctl.localPortRange.high}`;
    case 'net.ipv4.tcp_tw_reuse':
      return numberText(sysctl.tcpTwReuse);
    case 'net.ipv4.tcp_tw_recycle':
      return numberText(sysctl.tcpTwRecycle);
    case 'net.ipv4.tcp_max_tw_buckets':
      return numberText(sysctl.tcpMaxTwBuckets);
  }
}

/** Whether a word is a key that remedies write. */
export function isSettingKey(key: string): key is SettingKey {
  return KEYS.some((known) => known === key);
}

const KEYS: readonly SettingKey[] = [
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_tw_reuse',
  'net.ipv4.tcp_tw_recycle',
  'net.ipv4.tcp_max_tw_buckets',
];

function numberText(value: number | null): string | null {
  return value === null ? null : String(value);
}
