import type { LabHost } from '../host.ts';
import type { FAULTY_SYSCTLS } from '../host-scripts.ts';

/** A key of net.ipv4 that faults set. */
type FaultySysctl = (typeof FAULTY_SYSCTLS)[number];

/** A tuning as an administrator leaves it: values in force now, and a file that says so after a restart. */
export interface Tuning {
  /** Name of its file in /etc/sysctl.d. */
  readonly file: string;
  /** Its first line, why somebody wanted it. */
  readonly reason: string;
  readonly values: Readonly<Partial<Record<FaultySysctl, string>>>;
}

/** Sets a tuning's values and writes its file. */
export async function applyTuning(host: LabHost, { file, reason, values }: Tuning): Promise<void> {
  for (const [key, value] of Object.entries(values)) {
    await host.must(['tee', `/proc/sys/net/ipv4/${key}`], { input: value });
  }
  const lines = Object.entries(values).map(([key, value]) => `net.ipv4.${key} = ${value}\n`);
  await host.must(['tee', `/etc/sysctl.d/${file}`], { input: `# ${reason}\n${lines.join('')}` });
}

/** Removes a tuning's file and gives its keys the values that the host started with. */
export async function clearTuning(host: LabHost, { file, values }: Tuning): Promise<void> {
  await host.must(['rm', '-f', `/etc/sysctl.d/${file}`]);
  await host.must(['sh', '-c', RESTORE, 'sh', ...Object.keys(values)]);
}

const RESTORE = 'for key; do cat "/run/lab/sysctl/$key" >"/proc/sys/net/ipv4/$key" || exit; done';
