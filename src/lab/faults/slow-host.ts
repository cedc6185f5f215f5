import { defineFault } from './fault.ts';

/** How long `ss` takes on a slow host, in seconds. */
export const SLOW_SECONDS = 5;

const SLOW_SS = `#!/bin/sh
sleep ${SLOW_SECONDS}
exec /run/lab/ss "$@"
`;

/** `ss` answers late, as on a host that is short of processor time or has very many sockets. */
export const slowHostFault = defineFault({
  name: 'slow-host',
  summary: `ss takes ${SLOW_SECONDS} s longer to answer`,
  role: 'any',
  apply: async (host) => {
    await host.must(['sh', '-c', APPLY], { input: SLOW_SS });
  },
  clear: async (host) => {
    await host.must(['sh', '-c', CLEAR]);
  },
});

/** The wrapper covers /usr/bin/ss in this host's mount namespace alone; the real one stays reachable at /run/lab/ss. */
const APPLY = `
set -eu
cmp -s /usr/bin/ss /run/lab/ss || exit 0
cat >/run/lab/slow-ss
chmod 755 /run/lab/slow-ss
mount -n --bind /run/lab/slow-ss /usr/bin/ss
`;

const CLEAR = 'cmp -s /usr/bin/ss /run/lab/ss || umount -n -l /usr/bin/ss; rm -f /run/lab/slow-ss';
