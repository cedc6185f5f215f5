import { readScript } from '../../base/command.ts';
import { NGINX_BINARY_SUDO } from '../privilege.ts';
import { defineProbe } from '../probe.ts';
import { NGINX_SHELL } from './masters.ts';
import { parseNginxProcess } from './parse.ts';

/** `nginx -v` prints to stderr; a binary that is not root's (or ours) alone is not run. */
const SCRIPT = `${NGINX_SHELL}
version() { if sound "$1"; then "$1" -v 2>&1 | awk '/^nginx version:/{print "version",$3;exit}'; fi; }
found=$(masters)
if [ -z "$found" ]; then [ -e /proc/1/stat ] && echo none || echo hidden; exit 0; fi
printf '%s\\n' "$found" | while read -r pid ppid args; do
  echo "master $pid $(processes | awk -v p="$pid" '$2==p&&$3=="nginx:"&&$4=="worker"&&$5=="process"&&!/shutting down/{n++}END{print n+0}')"
  echo "args $args"
  exe=$(binary "$pid")
  echo "exe $exe"
  trusted "$pid" || continue
  case $exe in
    '') version "$(command -v nginx)" ;;
    *' (deleted)') ;;
    *) version "$exe" ;;
  esac
done
`;

/** Which nginx masters run, from which binary and configuration, and in which version. */
export const nginxProcessProbe = defineProbe({
  id: 'nginx-process',
  title: 'Running nginx masters and their version',
  privilege: 'root',
  sudo: NGINX_BINARY_SUDO,
  command: ({ sudo }) => readScript(SCRIPT, [sudo ? 'sudo' : 'none']),
  timeoutMs: () => 10_000,
  parse: parseNginxProcess,
  numbers: (fact) => ({
    'nginx.master_processes': fact.masters.length,
    'nginx.worker_processes': fact.masters.reduce((sum, master) => sum + master.workers, 0),
  }),
});
