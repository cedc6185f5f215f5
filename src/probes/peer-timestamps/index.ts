import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parsePeerTimestamps } from './parse.ts';

/**
 * `ss -i` prints two lines for a socket: its addresses, then, indented, what its TCP does. With `-o` that names the options:
 * `ts` = timestamps are in use (without `-o` iproute2's ss.c never prints the word). Rows whose local port is listened on
 * were accepted here and are left out. The greatest counts of all looks are kept.
 */
const PEERS_AWK = String.raw`
function host(s) {
  sub(/:[^:]*$/, "", s); gsub(/\[|\]/, "", s); s = tolower(s)
  if (s ~ /^::ffff:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/) s = substr(s, 8)
  if (s !~ /^fe[89ab]/) sub(/%.*/, "", s)
  return s
}
function port(s) { sub(/.*:/, "", s); return s }
function close_look(k) {
  for (k in seen) {
    if (with_ts[k] + 0 > most_with[k] + 0) most_with[k] = with_ts[k]
    if (without[k] + 0 > most_without[k] + 0) most_without[k] = without[k]
    all[k] = 1
  }
  split("", seen); split("", with_ts); split("", without)
}
/^@/ { if ($1 == "@look") { close_look(); looks++ }; section = $1; key = ""; next }
section == "@listen" { if ($4 ~ /:[0-9]+$/) L[port($4)] = 1; next }
/^[0-9]/ {
  key = ""
  if ($3 ~ /:[0-9]+$/ && $4 ~ /:[0-9]+$/ && !(port($3) in L)) key = host($4) " " port($4)
  next
}
/^[ \t]/ && key != "" {
  seen[key] = 1
  if ((" " $0 " ") ~ /[ \t]ts[ \t]/) with_ts[key]++; else without[key]++
  key = ""
}
END { close_look(); for (k in all) print most_with[k] + 0, most_without[k] + 0, k; print "end", looks + 0 }`;

/** Most connections first, 100 at most; the rest is counted. */
const LIMIT_AWK = `
/^[0-9]/ { if (++n <= 100) print; else omitted++; next }
{ last = $0 }
END { print last; print "omitted " omitted + 0 }`;

/** Five looks, 0.3 s apart, because connections without a pool are short; where sleep(1) takes no fractions it is 1 s. */
const SCRIPT = `
command -v ss >/dev/null 2>&1 || exit 127
echo 'countersign-peer-timestamps 1'
{
  echo '@listen'; ss -tln
  i=0
  while [ "$i" -lt 5 ]; do
    [ "$i" = 0 ] || sleep 0.3 2>/dev/null || sleep 1
    echo '@look'; ss -tino state established || break
    i=$((i+1))
  done
} | awk '${PEERS_AWK}' | sort -k1,1nr -k2,2nr | awk '${LIMIT_AWK}'
`;

/** Whether the peers that this host connects to send TCP timestamps, without which tcp_tw_reuse does nothing. */
export const peerTimestampsProbe = defineProbe({
  id: 'peer-timestamps',
  title: 'TCP timestamps of peers',
  privilege: 'user',
  sudo: [],
  waits: true,
  command: () => readScript(SCRIPT),
  timeoutMs: () => 20_000,
  parse: parsePeerTimestamps,
});
