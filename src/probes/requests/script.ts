import { CONFIG_FILES_SHELL } from '../nginx-loaded/config-files.ts';
import { NGINX_SHELL } from '../nginx-process/masters.ts';
import { RUNNING_CONFIG_SHELL } from '../running-config.ts';

/**
 * Where requests can be counted, from statements: `status URL HOST` (HOST `-` = none) and `log FILE`. A server's names
 * stand before or after its locations, so they are told at its end; a location outside of any server comes from a
 * snippet and is tried at every address. Of several access_log lines of one block each logs every request, so one counts;
 * logs that are written late (buffer, gzip), in part (if) or elsewhere (syslog, variables) do not count.
 */
const PLACES_AWK = String.raw`
function url(l, ssl) {
  if (l ~ /^[0-9]+$/) l = "127.0.0.1:" l
  sub(/^\*:/, "127.0.0.1:", l); sub(/^0\.0\.0\.0/, "127.0.0.1", l); sub(/^\[::\]/, "[::1]", l)
  if (l !~ /:[0-9]+$/ || l ~ /^\[[^]]*\]$/) l = l ":" (ssl ? 443 : 80)
  return l ~ /^[]A-Za-z0-9.:[_-]+$/ ? (ssl ? "https://" : "http://") l : ""
}
function listens(i, word, ssl, u) {
  for (i = 3; i < NF; i++) { if ($i == "ssl") ssl = 1; if ($i ~ /^(proxy_protocol|quic|udp)$/) return }
  if ($2 ~ /^unix:/) return
  u = url($2, ssl); if (u != "") at[++ats] = u
}
function place(u, p, h) { if (!seen[u p h]++) print "status", u p, h }
$NF == "{" {
  block[++depth] = $1
  path[depth] = NF == 3 ? $2 : (NF == 4 && $2 ~ /^(=|\^~)$/ ? $3 : "")
  logged[depth] = 0
  if ($1 == "server" && NF == 2) { server = depth; ats = 0; paths = 0; web = 0; name = "-" }
  if ($1 == "location") web = 1
  next
}
$1 == "listen" && depth == server { listens() }
$1 == "server_name" && depth == server && $2 ~ /^[A-Za-z0-9][A-Za-z0-9.-]*$/ { name = $2 }
$1 == "stub_status" && block[depth] == "location" && path[depth] ~ /^\/[A-Za-z0-9._\/~-]*$/ {
  if (server) own[++paths] = path[depth]; else loose[++loosePaths] = path[depth]
}
$1 == "access_log" && !logged[depth] {
  logged[depth] = 1
  if ($2 == "off" || $2 ~ /^syslog:/) next
  late = 0; for (i = 3; i < NF; i++) if ($i ~ /^(buffer=|gzip|if=)/) late = 1
  if ($2 ~ /^\/[^$]*$/ && !late) { if (!seen[$2]++) print "log", $2 } else print "partial", $2
}
$NF == "}" {
  if (depth == server && server) {
    if (!ats) at[++ats] = "http://127.0.0.1:80"
    for (i = 1; i <= ats; i++) {
      for (j = 1; j <= paths; j++) place(at[i], own[j], name)
      if (web) { all[++alls] = at[i]; named[alls] = name }
    }
    server = 0
  }
  if (depth > 0) depth--
}
END { for (j = 1; j <= loosePaths; j++) for (i = 1; i <= alls; i++) place(all[i], loose[j], named[i]) }`;

/** `Active connections`, then accepts, handled, requests, then reading, writing, waiting (ngx_http_stub_status_module). */
const STATUS_AWK = `
NR == 1 && /^Active connections: [0-9]+ *$/ { active = $3 }
NR == 3 && NF == 3 { accepts = $1; requests = $3 }
NR == 4 && $5 == "Waiting:" { waiting = $6 }
END { if (active waiting accepts requests ~ /^[0-9]+$/ && waiting != "") print accepts, requests, active, waiting }`;

/** `$1` = `sudo` or `none`, `$2` = seconds between the samples. No proxy, no configuration files of curl and wget. */
export const REQUESTS_SCRIPT = `${NGINX_SHELL}${CONFIG_FILES_SHELL}${RUNNING_CONFIG_SHELL}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -q -g -s -k --max-time 3 \${2:+-H "Host: $2"} -- "$1"
  elif command -v wget >/dev/null 2>&1; then
    case $1 in
      https:*) HOME=/nonexistent wget --no-check-certificate -q -T 3 -O - \${2:+--header "Host: $2"} -- "$1" ;;
      *) HOME=/nonexistent wget -q -T 3 -O - \${2:+--header "Host: $2"} -- "$1" ;;
    esac
  else return 127
  fi 2>/dev/null | awk '${STATUS_AWK}'
}
sample() { read -r uptime rest </proc/uptime; echo "sample $uptime $1"; }
bytes() { wc -c <"$1" 2>/dev/null | tr -d ' \\t'; }
echo 'countersign-requests 1'
[ -n "$(masters)" ] || { echo 'no nginx'; exit 0; }
places=$(running_config | statements | awk '${PLACES_AWK}')
[ -n "$places" ] || echo 'nothing named'
command -v curl >/dev/null 2>&1 || command -v wget >/dev/null 2>&1 || echo 'no client'
found=$(printf '%s\\n' "$places" | grep '^status ' | head -n 8 | while read -r word url host; do
  [ "$host" = - ] && host=
  numbers=$(fetch "$url" "$host")
  if [ -n "$numbers" ]; then sample "$numbers"; echo "status $url"; echo "host $host"; break; else echo "tried $url"; fi
done)
url=$(printf '%s\\n' "$found" | sed -n 's/^status //p')
if [ -n "$url" ]; then
  host=$(printf '%s\\n' "$found" | sed -n 's/^host //p')
  echo "status $url"
  printf '%s\\n' "$found" | grep '^sample '
  sleep "$2" || exit 1
  sample "$(fetch "$url" "$host")"
  echo end
  exit 0
fi
printf '%s\\n' "$found" | grep '^tried '
printf '%s\\n' "$places" | sed -n 's/^partial /partial /p' | head -n 5
logs=
for file in $(printf '%s\\n' "$places" | sed -n 's/^log //p' | head -n 10); do
  if [ -f "$file" ] && [ -r "$file" ]; then echo "log $file"; logs="$logs $file"; else echo "unreadable $file"; fi
done
[ -n "$logs" ] || { echo none; exit 0; }
sizes=; for file in $logs; do sizes="$sizes $(bytes "$file")"; done
sample 0
sleep "$2" || exit 1
read -r uptime rest </proc/uptime
lines=0
set -- $sizes
for file in $logs; do
  size=$(bytes "$file")
  [ "$size" -ge "$1" ] || { echo "rotated $file"; echo none; exit 0; }
  lines=$((lines + $(tail -c +$(($1 + 1)) "$file" | head -c $((size - $1)) | wc -l)))
  shift
done
echo "sample $uptime $lines"
echo end
`;
