import { readScript } from '../../base/command.ts';
import { FIND_NGINX_SUDO } from '../privilege.ts';
import { defineProbe } from '../probe.ts';
import { parseNetworkNamespace } from './parse.ts';

/** `$1` = `sudo` or `no-sudo`. The link of another user's process is readable for root only (ptrace access, namespaces(7)). */
const SCRIPT = String.raw`
echo "own $(readlink /proc/self/ns/net)"
processes=$(ps -eo pid,args 2>/dev/null) || processes=$(ps -o pid,args)
for pid in $(printf '%s\n' "$processes" | awk '$2 == "nginx:" && $3 == "master" { print $1 }'); do
  link=$(readlink "/proc/$pid/ns/net" 2>/dev/null)
  [ -z "$link" ] && [ "$1" = sudo ] && link=$(sudo -n readlink "/proc/$pid/ns/net" 2>/dev/null)
  echo "master $pid $link"
done
exit 0
`;

/** Whether the probes look at the network stack that nginx uses. */
export const networkNamespaceProbe = defineProbe({
  id: 'network-namespace',
  title: 'Network namespaces of the probes and of nginx',
  privilege: 'root',
  sudo: FIND_NGINX_SUDO,
  command: ({ sudo }) => readScript(SCRIPT, [sudo ? 'sudo' : 'no-sudo']),
  timeoutMs: () => 10_000,
  parse: parseNetworkNamespace,
});
