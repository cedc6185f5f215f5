import { formatEndpoint, isLoopback } from '../probes/endpoint.ts';
import { portsInside, rangeSizePorts } from '../probes/port-ranges.ts';
import type { Facts } from '../probes/registry.ts';
import type { SocketsFact } from '../probes/sockets/fact.ts';
import type { SysctlFact } from '../probes/sysctl/fact.ts';
import { closesPerSecondBehind, sustainableOpensPerSecond, TIME_WAIT_SECONDS } from './steady-state.ts';

/** How many of the ephemeral ports one source uses towards one destination. The budget is per source and destination. */
export interface PortUse {
  readonly source: string;
  readonly destination: { readonly address: string; readonly port: number };
  /** `127.0.0.1:8080`. */
  readonly destinationText: string;
  /** Ports held, all states. */
  readonly heldPorts: number;
  readonly timeWaitPorts: number;
  /** Whether connect() may take over a port in TIME_WAIT that is older than the reuse delay. */
  readonly reuse: boolean;
  /** Held ports that connect() cannot take: all of them, or with reuse those that are not in TIME_WAIT or too young. */
  readonly blockedPorts: number;
  readonly freePorts: number;
  /** blockedPorts as a share of the budget, 0 to 1. */
  readonly share: number;
  /** New connections per second that this budget carries for ever. */
  readonly sustainablePerSecond: number;
}

/** Ports that the kernel may assign: the ephemeral range without the reserved ports inside it. */
export function budgetPorts(sysctl: SysctlFact): number {
  return rangeSizePorts(sysctl.localPortRange) - portsInside(sysctl.reservedPorts, sysctl.localPortRange);
}

/** The budget's use of every source and destination, fullest first. */
export function portUses(
  sockets: SocketsFact,
  sysctl: SysctlFact,
  counters: Facts['tcp-counters'],
): readonly PortUse[] {
  const held = heldByDestination(sockets);
  const connectedTimeWait = held.reduce((sum, { timeWaitPorts }) => sum + timeWaitPorts, 0);
  const enteredPerSecond = counters?.perSecond.ActiveOpens ?? 0;
  return held
    .map((use) => {
      const share = connectedTimeWait === 0 ? 0 : use.timeWaitPorts / connectedTimeWait;
      return measured(use, sysctl, enteredPerSecond * share);
    })
    .sort((a, b) => b.share - a.share || b.heldPorts - a.heldPorts || (a.destinationText < b.destinationText ? -1 : 1));
}

type Held = Pick<PortUse, 'source' | 'destination' | 'heldPorts' | 'timeWaitPorts'>;

function heldByDestination(sockets: SocketsFact): readonly Held[] {
  const byPair = new Map<string, Held>();
  for (const { direction, state, local, peer, sockets: amount } of sockets.groups) {
    if (direction !== 'connected' || peer.port === null) continue;
    const key = `${local.address} ${peer.address} ${peer.port}`;
    const known = byPair.get(key);
    byPair.set(key, {
      source: local.address,
      destination: { address: peer.address, port: peer.port },
      heldPorts: (known?.heldPorts ?? 0) + amount,
      timeWaitPorts: (known?.timeWaitPorts ?? 0) + (state === 'TIME-WAIT' ? amount : 0),
    });
  }
  return [...byPair.values()];
}

function measured(held: Held, sysctl: SysctlFact, opensPerSecond: number): PortUse {
  const ports = budgetPorts(sysctl);
  const reuse = reusable(held, sysctl);
  const delaySeconds = (sysctl.tcpTwReuseDelayMs ?? 1000) / 1000;
  // ss tells no age in its summary: what is younger than the delay is estimated from the rate, at most all of it.
  const young = Math.min(
    held.timeWaitPorts,
    Math.ceil(Math.max(closesPerSecondBehind(held.timeWaitPorts), opensPerSecond) * delaySeconds),
  );
  const blockedPorts = reuse ? held.heldPorts - held.timeWaitPorts + young : held.heldPorts;
  return {
    ...held,
    destinationText: formatEndpoint(held.destination),
    reuse,
    blockedPorts,
    freePorts: Math.max(0, ports - blockedPorts),
    share: ports <= 0 ? 1 : blockedPorts / ports,
    sustainablePerSecond: sustainableOpensPerSecond(Math.max(0, ports), reuse ? delaySeconds : TIME_WAIT_SECONDS),
  };
}

/** tcp_tw_reuse needs timestamps; value 2 counts for loopback only (ip-sysctl.rst, tcp_twsk_unique). */
function reusable({ source, destination }: Held, { tcpTimestamps, tcpTwReuse }: SysctlFact): boolean {
  if (tcpTimestamps === null || tcpTimestamps === 0) return false;
  return tcpTwReuse === 1 || (tcpTwReuse === 2 && (isLoopback(source) || isLoopback(destination.address)));
}
