import { count, formatNumber, list } from '../../base/format.ts';
import { formatEndpoint } from '../../probes/endpoint.ts';
import {
  containsPort,
  containsRanges,
  formatPortRanges,
  mergePortRanges,
  portsInside,
  rangeSizePorts,
  rangesOfPorts,
} from '../../probes/port-ranges.ts';
import { servicePorts } from '../../probes/service-ports.ts';
import type { PortHolder, SocketsFact } from '../../probes/sockets/fact.ts';
import type { PortRange, SysctlFact } from '../../probes/sysctl/fact.ts';
import type { SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import type { ChangeAction, HostPlan, Planned, PlanInput } from '../remedy.ts';
import { bootBasis, placeText } from '../sysctl/boot.ts';
import { DROP_IN_PATH, dropInText } from '../sysctl/drop-in.ts';
import { readOnlyObstacle, refused, rewriterRisks } from '../sysctl/obstacles.ts';
import { readBackProof } from '../sysctl/readback.ts';
import { REFUSALS_PROOF } from '../sysctl/refused-ports.ts';
import { RESERVED_PORTS_KEY, reservedPortsSetting } from '../sysctl/reserved-ports.ts';
import { type BootReservation, bootReservation } from './drop-in.ts';

/** Fewer free ports than this are too few to open connections from. */
const MINIMUM_FREE_PORTS = 10_000;

/** What the plan is made from, worked out. */
interface Reservation {
  readonly input: PlanInput;
  readonly sysctl: SysctlFact;
  readonly files: SysctlFilesFact;
  /** Service ports inside the ephemeral range, ascending. */
  readonly ports: readonly number[];
  /** The old list and the service ports, merged. */
  readonly wanted: readonly PortRange[];
  readonly wantedText: string;
  readonly boot: BootReservation;
}

/** Plans the reservation of all service ports inside the ephemeral range: at runtime and, where nothing overrides it, at boot. */
export function planReservation(input: PlanInput): Planned {
  const { sysctl, listeners, 'sysctl-files': files } = input.facts;
  if (sysctl === undefined || listeners === undefined || files === undefined) {
    return refused('The kernel settings, the listeners and the sysctl.d files are all needed to plan this.');
  }
  const obstacle = readOnlyObstacle(input.facts);
  if (obstacle !== undefined) return refused(obstacle);
  const services = servicePorts({ listeners, 'nginx-config': input.facts['nginx-config'] });
  const ports = services.map(({ port }) => port).filter((port) => containsPort([sysctl.localPortRange], port));
  if (ports.length === 0) {
    return {
      kind: 'nothing',
      reason: `None of the ${count(services.length, 'service port')} lies in ${rangeText(sysctl)}; nothing to reserve.`,
    };
  }
  const wanted = mergePortRanges([...sysctl.reservedPorts, ...rangesOfPorts(ports)]);
  const boot = bootReservation(files, wanted);
  const reservation: Reservation = { input, sysctl, files, ports, wanted, wantedText: formatPortRanges(wanted), boot };
  const refusal = tooMuch(reservation);
  if (refusal !== undefined) return refused(refusal);
  const actions = actionsOf(reservation);
  return actions.length === 0
    ? { kind: 'nothing', reason: nothingToDo(reservation) }
    : { kind: 'change', plan: planOf(reservation, actions) };
}

/** Refused only when the reservation itself takes the ports away: a range that is narrow already stays usable. */
function tooMuch({ sysctl, wanted }: Reservation): string | undefined {
  const range = sysctl.localPortRange;
  const size = rangeSizePorts(range);
  const before = portsInside(sysctl.reservedPorts, range);
  const after = portsInside(wanted, range);
  if (size - before >= MINIMUM_FREE_PORTS && size - after < MINIMUM_FREE_PORTS) {
    return `Reserving ${formatNumber(after - before)} more ports would leave ${formatNumber(size - after)} of ${formatNumber(size)} for outgoing connections, under ${formatNumber(MINIMUM_FREE_PORTS)}; move ip_local_port_range instead.`;
  }
  if (after * 2 > size && before * 2 <= size) {
    return `${formatNumber(after)} of the ${formatNumber(size)} ports of ${rangeText(sysctl)} would be reserved, more than half; move ip_local_port_range instead.`;
  }
  return undefined;
}

function actionsOf({ input, sysctl, files, wanted, wantedText, boot }: Reservation): readonly ChangeAction[] {
  const actions: ChangeAction[] = [];
  if (!containsRanges(sysctl.reservedPorts, wanted)) {
    actions.push({ kind: 'sysctl', key: RESERVED_PORTS_KEY, before: sysctl.reservedPortsText, after: wantedText });
  }
  if (!boot.suffices && boot.later === undefined) {
    const after = dropInText(files.ownDropIn, [reservedPortsSetting(wanted)], input.changeId);
    actions.push({ kind: 'file', path: DROP_IN_PATH, before: files.ownDropIn, after });
  }
  return actions;
}

function nothingToDo({ ports, boot, wantedText }: Reservation): string {
  const done = `${portsText(ports)} ${ports.length === 1 ? 'is' : 'are'} reserved already`;
  if (boot.suffices || boot.later === undefined) return `${done}, at runtime and at boot.`;
  return `${done} at runtime. At boot ${placeText(boot.later)} decides: put "${RESERVED_PORTS_KEY} = ${wantedText}" there by hand.`;
}

function planOf(reservation: Reservation, actions: readonly ChangeAction[]): HostPlan {
  const { input, sysctl, ports, boot } = reservation;
  return {
    host: input.host,
    actions,
    basis: {
      localPortRange: rangeText(sysctl),
      reservedPorts: sysctl.reservedPortsText,
      servicePorts: portsText(ports),
      bootSettings: bootBasis(boot),
    },
    predicted: predicted(reservation, actions),
    risks: risks(reservation, actions),
    proof: [
      ...readBackProof(actions),
      'Outgoing connections on these ports are listed before and after.',
      REFUSALS_PROOF,
    ],
  };
}

function predicted({ sysctl, ports, wanted, boot }: Reservation, actions: readonly ChangeAction[]): readonly string[] {
  const size = rangeSizePorts(sysctl.localPortRange);
  const free = size - portsInside(wanted, sysctl.localPortRange);
  const now = actions.some(({ kind }) => kind === 'sysctl');
  const persistent = boot.suffices || actions.some(({ kind }) => kind === 'file');
  return [
    `${now ? 'New' : 'As now, new'} outgoing connections skip ${portsText(ports)}; ${formatNumber(free)} of the ${formatNumber(size)} ports of ${rangeText(sysctl)} stay free for them.`,
    'Services bind their ports as before: a reservation only concerns automatic assignment.',
    ...(sysctl.reservedPorts.length === 0
      ? []
      : [`The ports reserved so far (${formatPortRanges(sysctl.reservedPorts)}) stay reserved.`]),
    ...(persistent ? ['It holds after a restart of the host, too.'] : []),
  ];
}

function risks(
  { input, files, ports, wantedText, boot }: Reservation,
  actions: readonly ChangeAction[],
): readonly string[] {
  const found = [holderRisk(holdersOf(input.facts.sockets, ports))];
  if (boot.later !== undefined && !boot.suffices) {
    found.push(
      `${placeText(boot.later)} sets the list at boot, after ${DROP_IN_PATH}, so no drop-in is written: put "${RESERVED_PORTS_KEY} = ${wantedText}" there, or the reservation ends with the next restart of the host.`,
    );
  }
  for (const entry of boot.later === undefined && !boot.suffices ? boot.replaced : []) {
    found.push(
      `At boot the drop-in replaces the list of ${placeText(entry)} (${entry.value}), whose ports are not all reserved now.`,
    );
  }
  if (files.unreadableFiles.length > 0) {
    found.push(`${list(files.unreadableFiles)} could not be read and may set the list as well.`);
  }
  if (actions.some(({ kind }) => kind === 'file')) found.push(...rewriterRisks(files));
  return found;
}

function holderRisk(holders: readonly PortHolder[]): string {
  if (holders.length === 0)
    return 'A connection that takes a service port before the change keeps it; it is not evicted.';
  return `Not evicted: ${list(holders.slice(0, 5).map(holderText))}. The port is free when the connection has ended and 60 s have passed, or its owner is restarted.`;
}

/** Outgoing connections that occupy one of these ports. */
export function holdersOf(sockets: SocketsFact | undefined, ports: readonly number[]): readonly PortHolder[] {
  return (sockets?.holders ?? []).filter(
    ({ direction, local }) => direction === 'connected' && ports.includes(local.port),
  );
}

/** `127.0.0.1:8081 to 127.0.0.1:8090 (ESTAB)` */
export function holderText({ state, local, peer }: PortHolder): string {
  return peer.port === 0
    ? `${formatEndpoint(local)} (bound)`
    : `${formatEndpoint(local)} to ${formatEndpoint(peer)} (${state})`;
}

function portsText(ports: readonly number[]): string {
  return formatPortRanges(rangesOfPorts(ports));
}

function rangeText({ localPortRange: { low, high } }: SysctlFact): string {
  return `${low}-${high}`;
}
