import { formatNumber } from '../../base/format.ts';
import { formatPortRanges, portsInside, rangesOfPorts, rangeSizePorts } from '../../probes/port-ranges.ts';
import type { PortRange } from '../../probes/sysctl/fact.ts';
import { pressedName, TIME_WAIT_SECONDS } from '../sysctl/port-pressure.ts';
import { text } from './range.ts';
import type { Widening } from './widening.ts';

/** The ports that Kubernetes gives to services of the type NodePort, unless it is told otherwise. */
const NODE_PORTS: PortRange = { low: 30_000, high: 32_767 };

/** The effect in numbers. */
export function predictedOf({ portsBefore, portsAfter, pressed, settings }: Widening): readonly string[] {
  const perSecond = (ports: number) => formatNumber(Math.floor(ports / TIME_WAIT_SECONDS));
  const [fullest] = pressed;
  return [
    `${formatNumber(portsBefore)} → ${formatNumber(portsAfter)} local ports to each destination: ${perSecond(portsBefore)} → ${perSecond(portsAfter)} new connections/s to one destination for ever, without reuse.`,
    ...(fullest === undefined
      ? []
      : [
          `${pressedName(fullest)}: ${formatNumber(fullest.heldPorts)} held ports are ${percent(fullest.heldPorts, portsBefore)} of them now and ${percent(fullest.heldPorts, portsAfter)} then, within seconds.`,
        ]),
    ...(settings.persistent ? ['It holds after a restart of the host, too.'] : []),
  ];
}

/** What may go wrong, and what is better. */
export function risksOf(widening: Widening): readonly string[] {
  const { sysctl, range, services, reserved, settings } = widening;
  return [
    'Pooling upstream connections removes the cause and is to be preferred; a wider range only moves the limit.',
    ceilingRisk(sysctl.localPortRange, range),
    services.length === 0
      ? `No service port is known in ${text(range)}.`
      : `Reserved before the range is widened: the service ports ${formatPortRanges(rangesOfPorts(services))}.`,
    `Known are TCP ports that somebody listens on now and those that nginx's configuration names. A service that is down, or uses UDP, can find its port taken: reserve what else lies in ${text(range)} and not in ${text(sysctl.localPortRange)}.`,
    ...nodePortRisk(sysctl.localPortRange, range, reserved),
    ...settings.risks,
  ];
}

/** Half of the range is what connect() walks first, and so what one client address can leave in TIME_WAIT at a service. */
function ceilingRisk(before: PortRange, after: PortRange): string {
  const ceiling = (range: PortRange) => formatNumber(Math.floor(rangeSizePorts(range) / 2));
  return `More TIME_WAIT can be seen, not fewer: those that services keep of connections from this host rise from at most about ${ceiling(before)} to ${ceiling(after)} per source address and service port.`;
}

function nodePortRisk(before: PortRange, after: PortRange, reserved: readonly PortRange[]): readonly string[] {
  const exposed = (range: PortRange) => portsInside([NODE_PORTS], range) - portsInside(reserved, overlap(range));
  if (exposed(after) <= exposed(before)) return [];
  return [
    'Kubernetes gives the ports 30000-32767 to services (NodePort), and they lie in the new range: on a node of a cluster reserve them first.',
  ];
}

/** The part of the NodePorts that lies in a range; empty ranges have a high end below the low one. */
function overlap({ low, high }: PortRange): PortRange {
  return { low: Math.max(low, NODE_PORTS.low), high: Math.min(high, NODE_PORTS.high) };
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.round((part / whole) * 100)} %`;
}
