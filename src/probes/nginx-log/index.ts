import { readScript } from '../../base/command.ts';
import { CONFIG_FILES_SHELL } from '../nginx-loaded/config-files.ts';
import { NGINX_SHELL } from '../nginx-process/masters.ts';
import { NGINX_BINARY_SUDO } from '../privilege.ts';
import { defineProbe } from '../probe.ts';
import { parseNginxLog } from './parse.ts';

/**
 * The classes and their texts; where there are two, the second is musl's strerror(3).
 * `upstream prematurely closed connection` and the others: nginx source, ngx_http_upstream.c and ngx_connection.c. What
 * clients sent stands behind them in quotes (request, referrer, the file that was asked for), so only what is before counts.
 */
const CLASSIFY = `
function class(line, said) {
  said = line; sub(/".*/, "", said)
  if (said ~ /\\(99: (Cannot assign requested address|Address not available)\\) while connecting to upstream/) return "address-not-available"
  if (said ~ /bind\\(\\) to .* failed \\(98: (Address already in use|Address in use)\\)/) return "address-in-use"
  if (said ~ /no live upstreams while connecting/) return "no-live-upstreams"
  if (said ~ /upstream prematurely closed connection/) return "upstream-closed-early"
  if (said ~ /\\(104: Connection reset by peer\\) while (reading response header|sending request)/) return "upstream-reset"
  if (said ~ /\\(111: Connection refused\\) while connecting to upstream/) return "upstream-refused"
  if (said ~ /worker_connections are not enough/) return "worker-connections"
  if (line ~ /^[^"]*("[^"]*"[^"]*)?\\(24: (Too many open files|No file descriptors available)\\)/) return "too-many-files"
  return ""
}
NR == 1 { from = substr($0, 1, 19) }
{ lines++; c = class($0); if (c == "") next; n[c " " substr($0, 1, 19)]++; last[c] = substr($0, 1, 600) }
END {
  print "read", lines + 0, from
  for (k in n) print "count", n[k], k
  for (c in last) print "last", c, last[c]
}`;

/**
 * Lines of journalctl -o short-iso begin with the journal's local time and a name; nginx's own time may follow, as in its
 * files. Either is put first as nginx writes it.
 */
const FROM_JOURNAL = String.raw`
{
  time = substr($0, 1, 19); gsub(/-/, "/", time); sub(/T/, " ", time)
  if (match($0, /[0-9][0-9][0-9][0-9]\/[0-9][0-9]\/[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] /)) print substr($0, RSTART)
  else { sub(/^[^ ]* [^ ]* /, ""); print time, $0 }
}`;

/**
 * The last 2000 lines of each error_log file, or the journal's where no file can be read; sudoers needs
 * `/usr/bin/tail -n 2000 /var/log/nginx/error.log`. A login may have a time zone of its own (pam_env(8)), which nginx, started
 * with the system, does not have.
 */
const SCRIPT = `${NGINX_SHELL}${CONFIG_FILES_SHELL}
unset TZ
status=0 seen=0
found=$(masters)
logs=$(printf '%s\\n' "$found" | while read -r pid rest; do
  trusted "$pid" || continue
  for file in $(config_files "$(main_config "$pid $rest" "$(binary "$pid")")"); do directive error_log "$file"; done
done | awk '/^\\//&&!seen[$0]++' | head -n 10)
echo "now $(date '+%Y/%m/%d %H:%M:%S')"
for file in \${logs:-/var/log/nginx/error.log}; do
  if [ -r "$file" ]; then text=$(tail -n 2000 "$file"; echo "x$?"); else text=$(root tail -n 2000 "$file" </dev/null; echo "x$?"); fi
  code=\${text##*x}
  if [ "$code" != 0 ]; then echo "unread $file"; status=$code; continue; fi
  seen=1
  echo "file $file"
  printf '%s' "\${text%x*}" | awk '${CLASSIFY}'
done
if [ "$seen" = 0 ]; then
  text=$(journalctl -u nginx -o short-iso -n 2000 --no-pager -q 2>/dev/null </dev/null)
  if [ -n "$text" ]; then
    echo 'file journalctl -u nginx'
    printf '%s\\n' "$text" | awk '${FROM_JOURNAL}' | awk '${CLASSIFY}'
  fi
fi
exit "$status"
`;

/** What nginx complained about lately, by class. */
export const nginxLogProbe = defineProbe({
  id: 'nginx-log',
  title: 'Recent errors in the nginx error log',
  privilege: 'root',
  sudo: ['/usr/bin/tail -n 2000 /var/log/nginx/error.log', ...NGINX_BINARY_SUDO],
  command: ({ sudo }) => readScript(SCRIPT, [sudo ? 'sudo' : 'none']),
  timeoutMs: () => 10_000,
  parse: parseNginxLog,
  numbers: (fact) =>
    Object.fromEntries(
      fact.entries.map((entry) => [`nginx.log_${entry.class.replaceAll('-', '_')}_recent_lines`, entry.recentLines]),
    ),
});
