import type { LabHost } from '../host.ts';
import { renderAppConf, type UpstreamMode } from '../nginx-config.ts';
import { defineFault } from './fault.ts';

/** nginx opens a new connection to a service for every request. */
export const noUpstreamKeepaliveFault = defineFault({
  name: 'no-upstream-keepalive',
  summary: 'nginx opens a new connection to its services for every request',
  role: 'web',
  apply: (host) => configure(host, 'unpooled'),
  clear: (host) => configure(host, 'pooled'),
});

/** Returns when a worker with the new configuration accepts: a reload is asynchronous, nginx "Controlling nginx". */
const RELOAD = `
set -eu
cat >/etc/nginx/conf.d/app.conf
master=$(cat /run/nginx.pid)
before=" $(ps -o pid= --ppid "$master" | tr -s '\\n ' '  ') "
nginx -q -t
nginx -q -s reload
tries=0
while [ $tries -lt 100 ]; do
  for worker in $(ps -o pid= --ppid "$master"); do
    case $before in *" $worker "*) ;; *) exit 0 ;; esac
  done
  tries=$((tries + 1))
  sleep 0.05
done
echo 'nginx did not start a worker after the reload' >&2
exit 1
`;

async function configure(host: LabHost, mode: UpstreamMode): Promise<void> {
  await host.must(['sh', '-c', RELOAD], { input: renderAppConf(mode) });
}
