import { formatNumber, list } from '../../base/format.ts';
import type { KernelFact } from '../../probes/kernel/fact.ts';
import type { SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import { placeText } from '../sysctl/boot.ts';
import { pressedName, TIME_WAIT_SECONDS } from '../sysctl/port-pressure.ts';
import type { Reuse } from './reuse.ts';

/** The effect in numbers. It is on ports, not on the number of TIME_WAIT. */
export function predictedOf({ sysctl, value, destinations, ports, settings }: Reuse): readonly string[] {
  const delayMs = sysctl.tcpTwReuseDelayMs ?? 1000;
  const before = Math.floor(ports / TIME_WAIT_SECONDS);
  const after = Math.floor((ports * 1000) / delayMs);
  const [fullest] = destinations;
  return [
    `${formatNumber(before)} → ${formatNumber(after)} new connections/s that ${formatNumber(ports)} ports carry to one ${value === 2 ? 'loopback ' : ''}destination for ever, within seconds: a port comes back after ${formatNumber(delayMs)} ms and no longer after ${TIME_WAIT_SECONDS} s.`,
    ...(fullest === undefined
      ? []
      : [
          `${pressedName(fullest)}: ${formatNumber(fullest.heldPorts)} of ${formatNumber(ports)} ports are held, ${formatNumber(fullest.timeWaitPorts)} of them in TIME_WAIT and then free to be taken over.`,
        ]),
    'The number of TIME_WAIT does not fall by this: they are taken over only when a port is needed.',
    ...(settings.persistent ? ['It holds after a restart of the host, too.'] : []),
  ];
}

/** What may go wrong, and what is better. */
export function risksOf(reuse: Reuse): readonly string[] {
  const { value, peers, settings, input } = reuse;
  return [
    'Pooling upstream connections removes the cause and is to be preferred; this is for connections that cannot be pooled.',
    ...(value === 1
      ? [
          'It holds for all outgoing connections of this network namespace. The kernel documentation (ip-sysctl) says that it should not be changed without the advice of experts.',
        ]
      : []),
    ...(peers.silent.length > 0 ? [`No help for ${list(peers.silent)}: connections there carry no timestamps.`] : []),
    ...(value === 2 ? loopbackValueRisk(input.facts.kernel) : []),
    ...timestampsAtBoot(input.facts['sysctl-files']),
    ...settings.risks,
  ];
}

/** Without timestamps the reuse ends with the next restart of the host. */
function timestampsAtBoot(files: SysctlFilesFact | undefined): readonly string[] {
  const last = files?.entries.filter(({ key }) => key === 'net.ipv4.tcp_timestamps').at(-1);
  if (last === undefined || last.value !== '0') return [];
  return [`${placeText(last)} sets tcp_timestamps = 0 at boot, without which no port is taken over: remove that line.`];
}

/** Value 2 came with Linux 4.19; before, every value but 0 meant on, for all destinations. */
function loopbackValueRisk(kernel: KernelFact | undefined): readonly string[] {
  if (kernel !== undefined && knowsLoopbackValue(kernel)) return [];
  const release = kernel === undefined ? 'The release of the kernel is not known' : `This kernel is ${kernel.release}`;
  return [`${release}; before 4.19 the value 2 means the same as 1: on, for all destinations.`];
}

function knowsLoopbackValue({ major, minor }: KernelFact): boolean {
  return major > 4 || (major === 4 && minor >= 19);
}

/** Why an approver has to look twice. */
export function confirmations({ peers, value, input }: Reuse): readonly string[] {
  const unseen =
    value === 1 && peers.unknown.length > 0
      ? [
          `No connection to ${list(peers.unknown)} was seen long enough to tell whether that end sends TCP timestamps; if it does not, this does nothing there (look for the word ts in ss -tio).`,
        ]
      : [];
  return value === 2 ? loopbackValueRisk(input.facts.kernel) : unseen;
}
