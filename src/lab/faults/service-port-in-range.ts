import type { LabHost } from '../host.ts';
import { defineFault } from './fault.ts';

const TUNING = `# more ports for outgoing connections
net.ipv4.ip_local_port_range = 1024 65535
`;

/** A well-meant tuning puts the services' ports among those that outgoing connections may take. */
export const servicePortInRangeFault = defineFault({
  name: 'service-port-in-range',
  summary: 'the ephemeral port range is 1024-65535, so it contains the service ports',
  role: 'web',
  apply: widenRange,
  clear: restoreRange,
});

/** Sets the range now and in /etc/sysctl.d/50-tuning.conf, as an administrator would. */
export async function widenRange(host: LabHost): Promise<void> {
  await setRange(host, '1024 65535');
  await host.must(['tee', '/etc/sysctl.d/50-tuning.conf'], { input: TUNING });
}

/** Back to the kernel's default range (ip-sysctl: ip_local_port_range). */
export async function restoreRange(host: LabHost): Promise<void> {
  await host.must(['rm', '-f', '/etc/sysctl.d/50-tuning.conf']);
  await setRange(host, '32768 60999');
}

async function setRange(host: LabHost, range: string): Promise<void> {
  await host.must(['tee', '/proc/sys/net/ipv4/ip_local_port_range'], { input: range });
}
