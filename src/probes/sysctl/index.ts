import { readScript } from '../../base/command.ts';
import { portsInside, rangeSizePorts } from '../port-ranges.ts';
import { defineProbe } from '../probe.ts';
import { parseSysctl } from './parse.ts';

/**
 * /proc/sys is read and not sysctl(8): its output and exit status differ between procps and busybox when a key is absent.
 * The last mount at or above /proc/sys/net decides whether it can be written (proc_pid_mounts(5)).
 */
const SCRIPT = String.raw`
for key in ipv4/ip_local_port_range ipv4/ip_local_reserved_ports ipv4/tcp_tw_reuse ipv4/tcp_tw_reuse_delay \
  ipv4/tcp_tw_recycle ipv4/tcp_timestamps ipv4/tcp_max_tw_buckets ipv4/tcp_fin_timeout ipv4/tcp_syncookies \
  ipv4/tcp_max_syn_backlog core/somaxconn ipv4/ip_unprivileged_port_start; do
  if [ -r "/proc/sys/net/$key" ]; then echo "$key=$(cat "/proc/sys/net/$key")"; else echo "$key absent"; fi
done
awk '$2 == "/proc" || $2 == "/proc/sys" || $2 == "/proc/sys/net" { options = "," $4 "," }
  END { if (options ~ /,ro,/) print "read-only" }' /proc/mounts
exit 0
`;

/** Kernel settings of TCP that are in force. */
export const sysctlProbe = defineProbe({
  id: 'sysctl',
  title: 'Kernel settings in force',
  privilege: 'user',
  sudo: [],
  command: () => readScript(SCRIPT),
  timeoutMs: () => 10_000,
  parse: parseSysctl,
  numbers: (fact) => ({
    'ports.range_ports': rangeSizePorts(fact.localPortRange),
    'ports.reserved_ports': portsInside(fact.reservedPorts, fact.localPortRange),
  }),
});
