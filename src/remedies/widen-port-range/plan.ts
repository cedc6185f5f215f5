import { containsPort, formatPortRanges, mergePortRanges, rangesOfPorts } from '../../probes/port-ranges.ts';
import { servicePorts } from '../../probes/service-ports.ts';
import type { PortRange } from '../../probes/sysctl/fact.ts';
import type { HostPlan, Planned, PlanInput } from '../remedy.ts';
import { nothing, obstacleForNginx, refused } from '../sysctl/obstacles.ts';
import { assignablePorts, pressedDestinations, pressedName } from '../sysctl/port-pressure.ts';
import { readBackProof } from '../sysctl/readback.ts';
import { REFUSALS_PROOF } from '../sysctl/refused-ports.ts';
import { reservedPortsSetting } from '../sysctl/reserved-ports.ts';
import { planSettings, type WantedSetting } from '../sysctl/settings.ts';
import { text, widenedRange } from './range.ts';
import type { Widening } from './widening.ts';
import { predictedOf, risksOf } from './words.ts';

/** The ports that connect() assigns from: two numbers, both included (ip-sysctl.rst). */
export const RANGE_KEY = 'net.ipv4.ip_local_port_range';

/** Plans a wider range where one destination runs short of ports; service ports inside it are reserved first. */
export function planWidening(input: PlanInput): Planned {
  const { sysctl, listeners, sockets, 'sysctl-files': files } = input.facts;
  if (sysctl === undefined || listeners === undefined || sockets === undefined || files === undefined) {
    return refused(
      'The kernel settings, the sysctl.d files, the listeners and the sockets are all needed to plan this.',
    );
  }
  const obstacle = obstacleForNginx(input.facts);
  if (obstacle !== undefined) return refused(obstacle);
  const pressed = pressedDestinations(input.facts, input.approved);
  if (pressed.length === 0) return nothing('No destination holds a tenth of the ports; the range is wide enough.');
  const widened = widenedRange(sysctl);
  if (widened.kind !== 'wider') return { kind: widened.kind, reason: widened.reason };
  const { range } = widened;
  const services = servicePorts({ listeners, 'nginx-config': input.facts['nginx-config'] })
    .map(({ port }) => port)
    .filter((port) => containsPort([range], port));
  const reserved = mergePortRanges([...sysctl.reservedPorts, ...rangesOfPorts(services)]);
  const portsBefore = assignablePorts(sysctl.localPortRange, sysctl.reservedPorts);
  const portsAfter = assignablePorts(range, reserved);
  if (portsAfter <= portsBefore) {
    return nothing(
      `${text(range)} without the ports of services has no more ports than ${text(sysctl.localPortRange)}.`,
    );
  }
  const settings = planSettings(wantedSettings(range, reserved), { sysctl, files, changeId: input.changeId });
  return {
    kind: 'change',
    plan: planOf({ input, sysctl, range, services, reserved, portsBefore, portsAfter, pressed, settings }),
  };
}

/** The reservation comes first: from the instant in which the range is wider, connect() takes ports from all of it. */
function wantedSettings(range: PortRange, reserved: readonly PortRange[]): readonly WantedSetting[] {
  const value = `${range.low} ${range.high}`;
  return [
    reservedPortsSetting(reserved),
    {
      key: RANGE_KEY,
      value,
      purpose: 'local ports of outgoing connections',
      suffices: (other) => other.trim().replace(/\s+/g, ' ') === value,
    },
  ];
}

function planOf(widening: Widening): HostPlan {
  const { input, sysctl, services, portsAfter, pressed, settings } = widening;
  return {
    host: input.host,
    actions: settings.actions,
    basis: {
      localPortRange: text(sysctl.localPortRange),
      reservedPorts: sysctl.reservedPortsText,
      servicePorts: formatPortRanges(rangesOfPorts(services)),
      destinations: pressed.map(pressedName),
      bootSettings: settings.bootBasis,
    },
    predicted: predictedOf(widening),
    targets: { assignablePorts: portsAfter },
    risks: risksOf(widening),
    proof: [
      ...readBackProof(settings.actions),
      'After 15 s and again after 75 s: the fullest destination holds a smaller share of the ports, and nginx logs no new "(99: Cannot assign requested address)".',
      REFUSALS_PROOF,
    ],
  };
}
