import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parseUpstreamPeak } from './parse.ts';

/**
 * Takes the greatest count per destination over all samples. With a state filter ss drops its State column (ss(8)). On
 * loopback a connection shows once per end: the row whose local port is listened on is the accepting one and is left out.
 */
const PEAK_AWK = String.raw`
function host(s) {
  sub(/:[^:]*$/, "", s); gsub(/\[|\]/, "", s); s = tolower(s)
  if (s ~ /^::ffff:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/) s = substr(s, 8)
  if (s !~ /^fe[89ab]/) sub(/%.*/, "", s)
  return s
}
function port(s) { sub(/.*:/, "", s); return s }
function close_sample(k) { for (k in now) { if (now[k] > peak[k]) peak[k] = now[k]; delete now[k] } }
/^@/ { if ($1 == "@sample") { close_sample(); samples++ }; section = $1; next }
section == "@listen" { if ($4 ~ /:[0-9]+$/) L[port($4)] = 1; next }
tool == "ss" { mine = $3; other = $4 }
tool != "ss" { if ($1 !~ /^tcp/ || $6 != "ESTABLISHED") next; mine = $4; other = $5 }
mine !~ /:[0-9]+$/ || other !~ /:[0-9]+$/ || (port(mine) in L) { next }
{ now[host(other) " " port(other)]++ }
END { close_sample(); for (k in peak) print peak[k], k; print "end", samples + 0 }`;

/** Largest first, 100 at most; the rest is counted. */
const LIMIT_AWK = `
/^[0-9]/ { if (++n <= 100) print; else omitted++; next }
{ print }
END { print "omitted " omitted + 0 }`;

/** Ten looks, 0.2 s apart; where sleep(1) takes no fractions it is 1 s. */
const SCRIPT = `
if command -v ss >/dev/null 2>&1; then tool=ss listening='ss -tln' all='ss -tn state established'
elif ! command -v netstat >/dev/null 2>&1; then exit 127
elif netstat -tnW >/dev/null 2>&1; then tool=netstat listening='netstat -tlnW' all='netstat -tnW'
else tool=netstat listening='netstat -tln' all='netstat -tn'
fi
echo "countersign-upstream-peak 1 $tool"
read -r first rest </proc/uptime
{
  echo '@listen'; $listening
  i=0
  while [ "$i" -lt 10 ]; do
    [ "$i" = 0 ] || sleep 0.2 2>/dev/null || sleep 1
    echo '@sample'; $all || { echo '@failed'; break; }
    i=$((i+1))
  done
} | awk -v tool="$tool" '${PEAK_AWK}' | sort -rn | awk '${LIMIT_AWK}'
read -r last rest </proc/uptime
echo "between $first $last"
`;

/** The most connections that nginx, or whoever connects, had open at once to each destination. */
export const upstreamPeakProbe = defineProbe({
  id: 'upstream-peak',
  title: 'Most connections open at once, by destination',
  privilege: 'user',
  waits: true,
  sudo: [],
  command: () => readScript(SCRIPT),
  timeoutMs: () => 25_000,
  parse: parseUpstreamPeak,
  numbers: ({ peaks }) => ({ 'sockets.peak_connected_sockets': peaks[0]?.sockets ?? 0 }),
});
