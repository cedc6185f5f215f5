import { readScript } from '../../base/command.ts';
import { NGINX_SHELL } from '../nginx-process/masters.ts';
import { NGINX_BINARY_SUDO } from '../privilege.ts';
import { defineProbe } from '../probe.ts';
import { CONFIG_FILES_SHELL } from './config-files.ts';
import { parseNginxLoaded } from './parse.ts';

/**
 * A worker's start is btime of /proc/stat plus field 22 of /proc/PID/stat in clock ticks (proc_pid_stat(5)).
 * A symbolic link counts with its own time too: sites-enabled gets new links to old files.
 */
const SCRIPT = `${NGINX_SHELL}${CONFIG_FILES_SHELL}
boot=$(awk '/^btime/{print $2}' /proc/stat)
ticks=$(getconf CLK_TCK 2>/dev/null || echo 100)
workers() {
  for pid in $(processes | awk -v p="$1" '$2==p&&$3=="nginx:"&&$4=="worker"&&$5=="process"&&!/shutting down/{print $1}'); do
    awk -v b="$boot" -v h="$ticks" '{sub(/^.*\\) /,"");printf "worker %.0f\\n",b+int($20/h)}' "/proc/$pid/stat" 2>/dev/null
  done
}
newest() { for file in $(config_files "$1"); do stat -c 'config %Y %n' "$file"; stat -Lc 'config %Y %n' "$file"; done 2>/dev/null | sort -k2,2n | tail -n 1; }
found=$(masters)
if [ -z "$found" ]; then echo none; newest /etc/nginx/nginx.conf; exit 0; fi
printf '%s\\n' "$found" | while read -r pid rest; do
  trusted "$pid" || { echo "skipped $pid"; continue; }
  echo "master $pid"
  workers "$pid"
  newest "$(main_config "$pid $rest" "$(binary "$pid")")"
done
`;

/** Whether the configuration on disk can be the one in force. */
export const nginxLoadedProbe = defineProbe({
  id: 'nginx-loaded',
  title: 'Age of nginx workers and of the configuration files',
  privilege: 'user',
  sudo: NGINX_BINARY_SUDO,
  command: ({ sudo }) => readScript(SCRIPT, [sudo ? 'sudo' : 'none']),
  timeoutMs: () => 10_000,
  parse: parseNginxLoaded,
});
