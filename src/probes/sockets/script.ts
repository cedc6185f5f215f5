/** Ports that nginx's configuration names in listen, server and proxy_pass: services that may be down right now. A superset is fine. */
const NGINX_PORTS_AWK = String.raw`
{ sub(/(^|[ \t])#.*/, "") }
/(listen|server|proxy_pass)[ \t]/ {
  while (match($0, /(:|listen[ \t]+)[0-9]+/)) {
    port = substr($0, RSTART, RLENGTH)
    $0 = substr($0, RSTART + RLENGTH)
    sub(/.*[^0-9]/, "", port)
    if (port + 0 > 1 && port + 0 < 65536 && substr($0, 1, 1) != ".") print port + 0
  }
}`;

/**
 * Groups rows of ss or netstat. Sections arrive as "@range", "@service" (ports that nginx names), "@listen", "@all".
 *
 * Direction: a row is accepted (A) when a listener covers its local address and port. When the peer is a listener too, the
 * port inside the ephemeral range is the one that connect() took. A row was accepted by a service that has stopped since
 * when its local port is shared by five rows, or is a service's (named by nginx, or outside the ephemeral range) while the
 * peer's looks ephemeral; unless other rows connect to that very peer. All other rows are connected (C).
 * Holders ("h") are rows on a service's local port that would make its bind() fail: five per port and direction.
 */
const GROUP_AWK = String.raw`
function host(s) {
  sub(/:[^:]*$/, "", s); gsub(/\[|\]/, "", s); s = tolower(s)
  if (s ~ /^::ffff:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/) s = substr(s, 8)
  if (s !~ /^fe[89ab]/) sub(/%.*/, "", s)
  return s
}
function port(s) { sub(/.*:/, "", s); return s }
function inrange(p) { return p + 0 >= low && p + 0 <= high }
function listens(a, p) { return ((p, a) in L) || ((p, a ~ /:/ ? "six" : "four") in L) }
function stopped(a, p, pp) { return uses[a, p] >= 5 || ((p in K) || !inrange(p)) && (inrange(pp) || pp + 0 >= 32768) }
function hold(d, s, a, lp, b, pp) {
  if ((lp in K) && held[d, lp]++ < 5) h[d, ++hn[d]] = "h " d " " s " " a " " lp " " b " " pp
}
function accepted(s, a, lp, b) { c["A " s " " a " " lp " " b " -"]++ }
function connected(s, a, lp, b, pp) { c["C " s " " a " - " b " " pp]++; hold("C", s, a, lp, b, pp) }
BEGIN { low = 32768; high = 60999 }
/^@/ { if ($1 == "@failed") failed = $2; section = $1; next }
section == "@range" { low = $1 + 0; high = $2 + 0; next }
section == "@service" { K[$1] = 1; next }
tool == "ss" { if ($1 !~ /^[A-Z][A-Z0-9-]*$/) next; s = $1 }
tool != "ss" {
  if ($1 !~ /^tcp/) next
  s = $6; gsub(/_/, "-", s); sub(/^ESTABLISHED$/, "ESTAB", s); sub(/^FIN-WAIT/, "FIN-WAIT-", s); sub(/^CLOSE$/, "UNCONN", s)
  if (tool == "netstat-narrow" && (length($4) > 22 || length($5) > 22)) { if (section == "@all" && s != "LISTEN") { n++; cut++ }; next }
}
section == "@listen" && s == "LISTEN" {
  p = port($4); a = host($4); K[p] = 1
  if (a == "*" || $4 == ":::" p) { L[p, "four"] = 1; L[p, "six"] = 1 }
  else if (a == "0.0.0.0") L[p, "four"] = 1
  else if (a == "::") L[p, "six"] = 1
  else L[p, a] = 1
}
section != "@all" || s == "LISTEN" { next }
{ n++ }
$4 !~ /:[0-9]+$/ || $5 !~ /:([0-9]+|\*)$/ || s !~ /^[A-Z0-9-]+$/ { cut++; next }
{
  a = host($4); lp = port($4); b = host($5); pp = port($5)
  if (pp == "*") { c["C " s " " a " - " b " -"]++; hold("C", s, a, lp, b, 0); next }
  mine = listens(a, lp)
  if (mine && listens(b, pp)) {
    if (inrange(lp) && !inrange(pp)) mine = 0
    else if (inrange(lp) == inrange(pp) && a == b) hold("C", s, a, lp, b, pp)
  }
  if (mine) accepted(s, a, lp, b)
  else if (!(pp in K) && pp + 0 >= 1024) { unclear[s " " a " " lp " " b " " pp]++; uses[a, lp]++ }
  else { connected(s, a, lp, b, pp); destination[b, pp] = 1 }
}
END {
  if (failed != "") { print "failed " failed; exit }
  for (k in unclear) { split(k, f, " "); if (!stopped(f[2], f[3], f[5])) destination[f[4], f[5]] = 1 }
  for (k in unclear) for (i = 1; i <= unclear[k]; i++) {
    split(k, f, " ")
    if (!stopped(f[2], f[3], f[5]) || (f[4], f[5]) in destination) connected(f[1], f[2], f[3], f[4], f[5])
    else { accepted(f[1], f[2], f[3], f[4]); hold("A", f[1], f[2], f[3], f[4], f[5]) }
  }
  for (k in c) print c[k], k
  for (i = 1; i <= hn["C"] && i <= 50; i++) print h["C", i]
  for (i = 1; i <= hn["A"] && i + hn["C"] <= 50; i++) print h["A", i]
  print "cut " cut + 0
  print "end " n + 0
}`;

/** Largest groups first, 300 at most; the rest is counted. */
const LIMIT_AWK = `
/^[0-9]/ { if (++groups <= 300) print; else omitted += $1; next }
/^cut / { omitted += $2; next }
{ print }
END { print "omitted " omitted + 0 }`;

/** The script of the sockets probe; `$1` = `sudo` or `no-sudo` (for `nginx -T`). Its answer's form is read by parse.ts. */
export const SOCKETS_SCRIPT = `
if command -v ss >/dev/null 2>&1; then tool=ss listening='ss -tln' all='ss -tan'
elif ! command -v netstat >/dev/null 2>&1; then exit 127
elif netstat -tlnW >/dev/null 2>&1; then tool=netstat listening='netstat -tlnW' all='netstat -tanW'
else tool=netstat-narrow listening='netstat -tln' all='netstat -tan'
fi
configuration() {
  if [ "$(id -u)" = 0 ]; then nginx -T
  elif [ "$1" = sudo ]; then sudo -n nginx -T
  fi 2>/dev/null
}
echo "countersign-sockets 1 $tool"
{
  echo '@range'; cat /proc/sys/net/ipv4/ip_local_port_range
  echo '@service'; configuration "$1" | awk '${NGINX_PORTS_AWK}'
  echo '@listen'; $listening || echo "@failed $?"
  echo '@all'; $all || echo "@failed $?"
} | awk -v tool="$tool" '${GROUP_AWK}' | sort -rn | awk '${LIMIT_AWK}'
`;
