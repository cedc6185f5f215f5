import type { LabHost } from '../host.ts';
import { type ClientKeepalive, renderAppConf, renderNginxConf, type UpstreamMode } from '../nginx-config.ts';

/** Replaces `$1` by stdin; returns when a worker with the new configuration accepts: a reload is asynchronous, nginx "Controlling nginx". */
const WRITE_AND_RELOAD = `
set -eu
cat >"$1"
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

/** Lets nginx talk to the services like this, by conf.d/app.conf and a reload. */
export async function setUpstreamMode(host: LabHost, mode: UpstreamMode): Promise<void> {
  await write(host, '/etc/nginx/conf.d/app.conf', renderAppConf(mode));
}

/** Lets nginx keep clients' connections like this, by nginx.conf and a reload; without `keepalive` as it should be. */
export async function setClientKeepalive(host: LabHost, keepalive: ClientKeepalive = {}): Promise<void> {
  await write(host, '/etc/nginx/nginx.conf', renderNginxConf(keepalive));
}

async function write(host: LabHost, file: string, input: string): Promise<void> {
  await host.must(['sh', '-c', WRITE_AND_RELOAD, 'sh', file], { input });
}
