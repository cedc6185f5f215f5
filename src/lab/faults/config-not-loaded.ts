import { renderAppConf } from '../nginx-config.ts';
import { defineFault } from './fault.ts';
import { setUpstreamMode } from './nginx.ts';

/** Somebody edited the configuration and did not reload: what is on disk is not what runs. */
export const configNotLoadedFault = defineFault({
  name: 'config-not-loaded',
  summary: 'conf.d/app.conf was edited, to be without a pool, and nginx was not reloaded since',
  role: 'web',
  apply: async (host) => {
    await host.must(['sh', '-c', EDIT], { input: renderAppConf('unpooled') });
  },
  clear: (host) => setUpstreamMode(host, 'pooled'),
});

/** Start times of processes are known to the second: the edit comes when the youngest worker is 4 seconds old. */
const EDIT = `
set -eu
master=$(cat /run/nginx.pid)
while ps -o etimes= --ppid "$master" | awk '$1 < 4 { young = 1 } END { exit !young }'; do sleep 0.2; done
cat >/etc/nginx/conf.d/app.conf
`;
