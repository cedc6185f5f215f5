import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parseConntrack } from './parse.ts';

/**
 * The keys are absent while nf_conntrack is not loaded. The kernel log is read only as far as this user may
 * (kernel.dmesg_restrict, group systemd-journal); its stamps are seconds since boot, as in /proc/uptime.
 */
const SCRIPT = String.raw`
echo 'countersign-conntrack 1'
for key in count max tcp_timeout_time_wait; do
  file=/proc/sys/net/netfilter/nf_conntrack_$key
  if [ -r "$file" ]; then echo "$key=$(cat "$file")"; else echo "$key absent"; fi
done
read -r up rest </proc/uptime
if log=$(dmesg 2>/dev/null) && [ -n "$log" ]; then source=dmesg
elif log=$(journalctl -k -o short-monotonic -n 2000 --no-pager -q 2>/dev/null) && [ -n "$log" ]; then source='journalctl -k'
else source=none
fi
printf '%s\n' "$log" | awk -v up="$up" -v source="$source" '
  /nf_conntrack: (nf_conntrack: )?table full, dropping packet/ {
    lines++
    if (match($0, /\[ *[0-9]+\.[0-9]+\]/) && substr($0, RSTART + 1, RLENGTH - 2) + 600 >= up + 0) recent++
  }
  END { print "log", lines + 0, recent + 0, source }'
exit 0
`;

/** Netfilter's connection tracking: entries, limit, and packets dropped for want of room. */
export const conntrackProbe = defineProbe({
  id: 'conntrack',
  title: 'Connection tracking table',
  privilege: 'user',
  sudo: [],
  command: () => readScript(SCRIPT),
  timeoutMs: () => 10_000,
  parse: parseConntrack,
  numbers: ({ table }) =>
    table === null ? {} : { 'conntrack.entries': table.entries, 'conntrack.limit_entries': table.limit },
});
