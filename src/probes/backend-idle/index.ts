import { readScript } from '../../base/command.ts';
import { CONFIG_FILES_SHELL } from '../nginx-loaded/config-files.ts';
import { NGINX_SHELL } from '../nginx-process/masters.ts';
import { NGINX_CONFIG_SUDO } from '../privilege.ts';
import { defineProbe } from '../probe.ts';
import { RUNNING_CONFIG_SHELL } from '../running-config.ts';
import { ASK_BASH, ASK_NC, ASK_PERL, ASK_PYTHON } from './askers.ts';
import { parseBackendIdle } from './parse.ts';

/** From statements, the servers behind `proxy_pass http://…` as `ADDRESS PORT`, without brackets; TLS and unix sockets are left out. */
const BACKENDS_AWK = String.raw`
function put(s, a, p) {
  if (s ~ /^unix:/ || s ~ /\$/) return
  p = 80; a = s
  if (s ~ /^\[.*\]$/ || s !~ /:/) a = s
  else { a = s; sub(/:[^:]*$/, "", a); p = s; sub(/.*:/, "", p) }
  gsub(/[][]/, "", a)
  if (a ~ /^[A-Za-z0-9_.:-]+$/ && p ~ /^[0-9]+$/ && length(a) < 254) print a, p
}
$NF == "{" { block[++depth] = $1; name[depth] = tolower($2); next }
$NF == "}" { if (depth > 0) depth--; next }
$1 == "server" && block[depth] == "upstream" { n = name[depth]; members[n] = members[n] " " $2 }
$1 == "proxy_pass" && tolower(substr($2, 1, 7)) == "http://" { t = substr($2, 8); if (t !~ /^unix:/) sub(/[\/?].*/, "", t); targets[t] = 1 }
END {
  for (t in targets)
    if (tolower(t) in members) { n = split(members[tolower(t)], m, " "); for (i = 1; i <= n; i++) put(m[i]) }
    else put(t)
}`;

const MOST_BACKENDS = 8;

/**
 * All backends are asked at once, by the first of bash, python3, perl and BusyBox's nc that is there; a watchdog ends what
 * hangs in connect(). Nothing is sent but one OPTIONS request per backend.
 */
const SCRIPT = `${NGINX_SHELL}${CONFIG_FILES_SHELL}${RUNNING_CONFIG_SHELL}
echo 'countersign-backend-idle 1'
[ -n "$(masters)" ] || { echo 'no nginx'; exit 0; }
backends=$(running_config | statements | awk '${BACKENDS_AWK}' | sort -u)
if command -v bash >/dev/null 2>&1; then with=bash
elif python3 -c 'import socket' >/dev/null 2>&1; then with=python3
elif perl -MIO::Socket -e 1 >/dev/null 2>&1; then with=perl
elif nc --help 2>&1 | grep -q BusyBox; then with=nc
else with=none
fi
echo "with $with"
ask() {
  case $with in
    bash) bash -c "$2" bash "$3" "$4" "$5" ;;
    python3) python3 -c "$2" "$3" "$4" "$5" ;;
    perl) perl -e "$2" "$3" "$4" "$5" ;;
    nc) sh -c "$2" sh "$3" "$4" "$5" ;;
  esac
}
case $with in bash) program=$2 ;; python3) program=$3 ;; perl) program=$4 ;; nc) program=$5 ;; *) program= ;; esac
pids=
while read -r address port; do
  [ -n "$port" ] || continue
  echo "backend $address $port"
  [ "$with" = none ] && continue
  case $address in *:*) name="[$address]:$port" ;; *) name=$address:$port ;; esac
  { answer=$(ask "$with" "$program" "$address" "$port" "$name" 2>/dev/null); echo "answer $address $port \${answer:-none}"; } </dev/null &
  pids="$pids $!"
done <<LIST
$(printf '%s\\n' "$backends" | head -n ${MOST_BACKENDS})
LIST
( trap 'kill "$!"; exit' TERM; sleep 14 & wait "$!"; kill $pids ) >/dev/null 2>&1 &
dog=$!
[ -n "$pids" ] && wait $pids 2>/dev/null
kill "$dog" 2>/dev/null
echo "omitted $(printf '%s\\n' "$backends" | awk 'NF { n++ } END { print (n > ${MOST_BACKENDS} ? n - ${MOST_BACKENDS} : 0) }')"
`;

/** How long each backend keeps an idle connection open: nginx's pool has to give it up sooner. */
export const backendIdleProbe = defineProbe({
  id: 'backend-idle',
  title: 'Idle timeout of the backends, one connection each',
  privilege: 'root',
  waits: true,
  sudo: NGINX_CONFIG_SUDO,
  command: ({ sudo }) => readScript(SCRIPT, [sudo ? 'sudo' : 'none', ASK_BASH, ASK_PYTHON, ASK_PERL, ASK_NC]),
  timeoutMs: () => 25_000,
  parse: parseBackendIdle,
});
