import { OperatorError } from '../../base/error.ts';
import type { LabHost } from '../host.ts';
import { SERVICES } from '../nginx-config.ts';
import { defineFault } from './fault.ts';
import { restoreRange, widenRange } from './service-port-in-range.ts';

const [{ port: PEER_PORT }, { port: TAKEN_PORT }] = SERVICES;

/** While a service is down, an outgoing connection takes its port: the service cannot start again. */
export const servicePortTakenFault = defineFault({
  name: 'service-port-taken',
  summary: `the service on ${TAKEN_PORT} is down and an outgoing connection holds its port`,
  role: 'web',
  apply: async (host) => {
    await widenRange(host);
    await host.service(TAKEN_PORT, 'stop');
    await host.must(['sh', '-c', HOLD, 'sh', String(TAKEN_PORT), String(PEER_PORT)], { timeoutMs: 90_000 });
  },
  clear: async (host) => {
    await host.must(['sh', '-c', RELEASE]);
    await restoreRange(host);
    await startAgain(host);
  },
});

/**
 * `$1` = the port to take, `$2` = the port to connect to. The kernel gives no outgoing connection a port on which the
 * stopped service's own connections are in TIME_WAIT: they are ended (ss(8), -K) or, where the kernel cannot, awaited.
 */
const HOLD = `
set -u
state=/run/lab/holder
pid=$(cat "$state.pid" 2>/dev/null)
[ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && exit 0
rm -f "$state.pid" "$state.exit"
/run/lab/ss -K state time-wait "sport = :$1" >/dev/null 2>&1
tries=20
[ -z "$(/run/lab/ss -Htan state time-wait "sport = :$1")" ] || tries=650
setsid sh -c '/run/lab/node --max-old-space-size=48 /run/lab/holder.mjs "$1" "$2" "$3" "$4.pid"; echo $? >"$4.exit"' sh "$1" "$2" "$tries" "$state" </dev/null >"$state.log" 2>&1 &
until [ -s "$state.pid" ]; do
  if [ -s "$state.exit" ]; then cat "$state.log" >&2; exit 1; fi
  sleep 0.05
done
`;

const RELEASE = `
pid=$(cat /run/lab/holder.pid 2>/dev/null) || exit 0
kill "$pid" 2>/dev/null
while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
rm -f /run/lab/holder.pid
`;

async function startAgain(host: LabHost): Promise<void> {
  const outcome = await host.service(TAKEN_PORT, 'start');
  if (outcome.ok) return;
  throw new OperatorError('lab/failed', {
    message: `The service on ${TAKEN_PORT} of ${host.name} did not start again: ${outcome.message}`,
    hint: 'A connection that used the port may be in TIME_WAIT for 60 s; clear the fault again after that.',
  });
}
