import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parseListeners } from './parse.ts';

/** First line: which tool answered and whether it saw processes; then the host's addresses and the tool's own lines. `$1` = `sudo` or `no-sudo`. */
const SCRIPT = String.raw`
answer() {
  echo "countersign-listeners 1 $1"
  ip -o addr show 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print "address " $4 }'
  printf '%s\n' "$2" | cut -c1-4000
  exit 0
}
if command -v ss >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then lines=$(ss -Htlnp 2>/dev/null) && answer 'ss all-processes' "$lines"
  elif [ "$1" = sudo ]; then lines=$(sudo -n ss -Htlnp 2>/dev/null) && answer 'ss all-processes' "$lines"
  fi
  lines=$(ss -tln) && answer 'ss no-processes' "$lines"
  exit 1
fi
command -v netstat >/dev/null 2>&1 || exit 127
lines=$(netstat -tlnW 2>/dev/null) && answer 'netstat no-processes' "$lines"
lines=$(netstat -tln) && answer 'netstat no-processes' "$lines"
exit 1
`;

/** Who listens on which TCP port, with the accept queues. */
export const listenersProbe = defineProbe({
  id: 'listeners',
  title: 'Listening TCP sockets',
  privilege: 'root',
  sudo: ['/usr/bin/ss -Htlnp'],
  command: ({ sudo }) => readScript(SCRIPT, [sudo ? 'sudo' : 'no-sudo']),
  timeoutMs: () => 10_000,
  parse: parseListeners,
  numbers: (fact) => ({ 'tcp.listening_sockets': fact.listeners.length }),
});
