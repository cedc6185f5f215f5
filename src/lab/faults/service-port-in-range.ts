import type { LabHost } from '../host.ts';
import { defineFault } from './fault.ts';
import { applyTuning, clearTuning, type Tuning } from './sysctl.ts';

const TUNING: Tuning = {
  file: '50-tuning.conf',
  reason: 'more ports for outgoing connections',
  values: { ip_local_port_range: '1024 65535' },
};

/** A well-meant tuning puts the services' ports among those that outgoing connections may take. */
export const servicePortInRangeFault = defineFault({
  name: 'service-port-in-range',
  summary: 'the ephemeral port range is 1024-65535, so it contains the service ports',
  role: 'web',
  apply: widenRange,
  clear: restoreRange,
});

/** Sets the range now and in /etc/sysctl.d/50-tuning.conf. */
export async function widenRange(host: LabHost): Promise<void> {
  await applyTuning(host, TUNING);
}

/** Back to the range that the host started with. */
export async function restoreRange(host: LabHost): Promise<void> {
  await clearTuning(host, TUNING);
}
