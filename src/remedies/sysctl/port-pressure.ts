import { formatEndpoint, isLoopback, parseEndpoint } from '../../probes/endpoint.ts';
import { portsInside, rangeSizePorts } from '../../probes/port-ranges.ts';
import type { Facts } from '../../probes/registry.ts';
import type { PortRange } from '../../probes/sysctl/fact.ts';
import type { HostPlan } from '../remedy.ts';

/** How long a socket stays in TIME_WAIT: TCP_TIMEWAIT_LEN of include/net/tcp.h. */
export const TIME_WAIT_SECONDS = 60;

/** From this share of the ports on a destination is worth a change; rules decide from where on it is a fault. */
const MINIMUM_SHARE = 0.1;

/** Ports of one source that are held towards one destination. */
export interface PressedDestination {
  readonly source: string;
  /** `10.0.0.5:8080` */
  readonly destination: string;
  /** Whether the connections never leave the host. */
  readonly loopback: boolean;
  /** All states; 0 when nothing is held now. */
  readonly heldPorts: number;
  readonly timeWaitPorts: number;
}

/** Ports that the kernel may assign in a range: those that are not reserved. */
export function assignablePorts(range: PortRange, reserved: readonly PortRange[]): number {
  return rangeSizePorts(range) - portsInside(reserved, range);
}

/**
 * The sources and destinations whose ports run short, fullest first: those that hold a good part of the ports, and the one
 * that nginx was refused a port to in the last ten minutes. After the approval it is the approved ones, whatever they hold.
 */
export function pressedDestinations(facts: Facts, approved: HostPlan | undefined): readonly PressedDestination[] {
  const { sockets, sysctl } = facts;
  if (sockets === undefined || sysctl === undefined) return [];
  const held = heldPorts(facts);
  const names = approvedNames(approved);
  if (names !== undefined) {
    return names.flatMap((name) => held.find((each) => pressedName(each) === name) ?? emptyOf(name) ?? []);
  }
  const ports = assignablePorts(sysctl.localPortRange, sysctl.reservedPorts);
  const refused = refusedDestination(facts);
  return held.filter(
    ({ heldPorts: amount, destination }) => amount >= MINIMUM_SHARE * ports || destination === refused,
  );
}

/** The fullest pair of source and destination; undefined when this host holds no ports. */
export function fullestDestination(facts: Facts): PressedDestination | undefined {
  return heldPorts(facts)[0];
}

/** `10.0.0.1 to 10.0.0.5:8080`: a name for the basis of a plan. */
export function pressedName({ source, destination }: PressedDestination): string {
  return `${source} to ${destination}`;
}

function heldPorts({ sockets }: Facts): readonly PressedDestination[] {
  const byName = new Map<string, PressedDestination>();
  for (const { direction, state, local, peer, sockets: amount } of sockets?.groups ?? []) {
    if (direction !== 'connected' || peer.port === null) continue;
    const destination = formatEndpoint(peer);
    const key = `${local.address} ${destination}`;
    const known = byName.get(key);
    byName.set(key, {
      source: local.address,
      destination,
      loopback: isLoopback(local.address) || isLoopback(peer.address),
      heldPorts: (known?.heldPorts ?? 0) + amount,
      timeWaitPorts: (known?.timeWaitPorts ?? 0) + (state === 'TIME-WAIT' ? amount : 0),
    });
  }
  return [...byName.values()].sort((a, b) => b.heldPorts - a.heldPorts || (pressedName(a) < pressedName(b) ? -1 : 1));
}

/** `connect() to 127.0.0.1:8080 failed (99: Cannot assign requested address)`. */
function refusedDestination(facts: Facts): string | undefined {
  const entry = facts['nginx-log']?.entries.find((each) => each.class === 'address-not-available');
  if (entry === undefined || entry.recentLines === 0) return undefined;
  const endpoint = parseEndpoint(/connect\(\) to (\S{1,80}) failed \(99: /.exec(entry.last)?.[1] ?? '');
  return endpoint === undefined ? undefined : formatEndpoint(endpoint);
}

function approvedNames(approved: HostPlan | undefined): readonly string[] | undefined {
  const names = approved?.basis['destinations'];
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : undefined;
}

/** What was approved but holds nothing at the moment. */
function emptyOf(name: string): PressedDestination | undefined {
  const [source, destination] = name.split(' to ');
  const endpoint = parseEndpoint(destination ?? '');
  if (source === undefined || destination === undefined || endpoint === undefined) return undefined;
  const loopback = isLoopback(source) || isLoopback(endpoint.address);
  return { source, destination, loopback, heldPorts: 0, timeWaitPorts: 0 };
}
