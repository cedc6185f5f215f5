import { SERVICES } from '../nginx-config.ts';
import { defineFault } from './fault.ts';

/** nginx and its services are in a container: their connections and settings are in another network stack than the login's. */
export const nginxInOtherNamespaceFault = defineFault({
  name: 'nginx-in-other-namespace',
  summary: 'nginx and its services run in another network namespace of the host, with port 80 passed on to them',
  role: 'web',
  apply: async (host) => {
    await host.must(['sh', '-c', MOVE_IN, 'sh', ...PORTS]);
  },
  clear: async (host) => {
    await host.must(['sh', '-c', MOVE_OUT, 'sh', ...PORTS]);
  },
});

const PORTS = SERVICES.map(({ port }) => String(port));

/** `$@` = the services' ports. Addresses are link-local (RFC 3927): no lab's network overlaps them. */
const SHELL = `
set -eu
space=/run/lab/nginx-space
inside() { nsenter --net="$space" "$@"; }
stop_all() {
  master=$(cat /run/nginx.pid 2>/dev/null) && nginx -q -s stop
  while [ -n "$master" ] && kill -0 "$master" 2>/dev/null; do sleep 0.02; done
  for port; do sh /run/lab/service.sh stop "$port"; done
}
`;

const MOVE_IN = `${SHELL}
[ ! -e "$space" ] || exit 0
stop_all "$@"
: >"$space"
unshare --net="$space" true
ip link add lab-nginx type veth peer name eth0 netns "$space"
ip addr add 169.254.77.1/30 dev lab-nginx
ip link set lab-nginx up
inside ip link set lo up
inside ip addr add 169.254.77.2/30 dev eth0
inside ip link set eth0 up
inside ip route add default via 169.254.77.1
for port; do inside sh /run/lab/service.sh start "$port"; done
inside /usr/sbin/nginx
setsid /run/lab/node --max-old-space-size=48 /run/lab/relay.mjs 80 169.254.77.2 80 /run/lab/relay.pid </dev/null >/run/lab/relay.log 2>&1 &
tries=0
until [ -s /run/lab/relay.pid ]; do
  tries=$((tries + 1))
  if [ $tries -gt 200 ]; then cat /run/lab/relay.log >&2; exit 1; fi
  sleep 0.05
done
`;

const MOVE_OUT = `${SHELL}
[ -e "$space" ] || exit 0
relay=$(cat /run/lab/relay.pid 2>/dev/null) && kill "$relay" 2>/dev/null || true
rm -f /run/lab/relay.pid
stop_all "$@"
ip link del lab-nginx 2>/dev/null || true
umount "$space" 2>/dev/null || true
rm -f "$space"
for port; do sh /run/lab/service.sh start "$port"; done
while [ -n "\${relay:-}" ] && kill -0 "$relay" 2>/dev/null; do sleep 0.02; done
/usr/sbin/nginx
`;
