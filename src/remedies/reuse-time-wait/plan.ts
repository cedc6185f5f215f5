import { list } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import type { SysctlFact } from '../../probes/sysctl/fact.ts';
import type { HostPlan, Planned, PlanInput } from '../remedy.ts';
import { nothing, obstacleForNginx, refused } from '../sysctl/obstacles.ts';
import { assignablePorts, pressedDestinations, type PressedDestination, pressedName } from '../sysctl/port-pressure.ts';
import { readBackProof } from '../sysctl/readback.ts';
import { REFUSALS_PROOF } from '../sysctl/refused-ports.ts';
import { planSettings } from '../sysctl/settings.ts';
import { type PeersByTimestamps, peersByTimestamps } from './peers.ts';
import type { Reuse } from './reuse.ts';
import { confirmations, predictedOf, risksOf } from './words.ts';

/** 0 off, 1 on, 2 for loopback only; the default is 2 since Linux 4.19 (ip-sysctl.rst, commit 79e9fed46038). */
export const REUSE_KEY = 'net.ipv4.tcp_tw_reuse';

/** Plans tcp_tw_reuse = 1 where ports to a remote destination run short, and 2 where only loopback is concerned and it is off. */
export function planReuse(input: PlanInput): Planned {
  const { sysctl, 'sysctl-files': files } = input.facts;
  if (sysctl === undefined || files === undefined || input.facts.sockets === undefined) {
    return refused('The kernel settings, the sysctl.d files and the sockets are all needed to plan this.');
  }
  const obstacle = obstacleOf(input.facts, sysctl);
  if (obstacle !== undefined) return refused(obstacle);
  const pressed = pressedDestinations(input.facts, input.approved);
  if (pressed.length === 0) return nothing('No destination holds a tenth of the ports; there is nothing to take over.');
  const remote = pressed.filter(({ loopback }) => !loopback);
  const value = remote.length > 0 ? 1 : 2;
  if (sysctl.tcpTwReuse === 1 || sysctl.tcpTwReuse === value) return nothing(inForceAlready(sysctl, pressed));
  const destinations = value === 1 ? remote : pressed;
  const peers = value === 1 ? peersByTimestamps(input.facts, remote) : NO_PEERS;
  if (value === 1 && peers.sending.length + peers.unknown.length === 0) return refused(peersSilent(peers));
  const settings = planSettings(
    [{ key: REUSE_KEY, value: String(value), purpose: PURPOSES[value], suffices: SUFFICE[value] }],
    { sysctl, files, changeId: input.changeId },
  );
  const ports = assignablePorts(sysctl.localPortRange, sysctl.reservedPorts);
  return { kind: 'change', plan: planOf({ input, sysctl, value, destinations, peers, ports, settings }) };
}

const NO_PEERS: PeersByTimestamps = { sending: [], silent: [], unknown: [] };

const PURPOSES = {
  1: 'outgoing connections may take over their ports in TIME_WAIT',
  2: 'outgoing connections over loopback may take over their ports in TIME_WAIT',
} as const;

/** 1 covers loopback as well. */
const SUFFICE = {
  1: (text: string) => text === '1',
  2: (text: string) => text === '1' || text === '2',
} as const;

function obstacleOf(facts: Facts, { tcpTimestamps, tcpTwReuse }: SysctlFact): string | undefined {
  if (tcpTwReuse === null) return 'This kernel has no tcp_tw_reuse.';
  if (tcpTimestamps === null || tcpTimestamps === 0) {
    return `tcp_timestamps is ${tcpTimestamps ?? 'absent'} here, and tcp_tw_reuse does nothing without timestamps: set net.ipv4.tcp_timestamps = 1 first, which is the default.`;
  }
  return obstacleForNginx(facts);
}

function inForceAlready({ tcpTwReuse }: SysctlFact, pressed: readonly PressedDestination[]): string {
  const names = list(pressed.slice(0, 3).map(pressedName));
  return tcpTwReuse === 1
    ? 'tcp_tw_reuse is 1 already: ports in TIME_WAIT can be taken over towards every peer that sends timestamps.'
    : `tcp_tw_reuse is 2, which covers loopback, and only loopback is concerned (${names}).`;
}

function peersSilent({ silent }: PeersByTimestamps): string {
  return `${list(silent)} ${silent.length === 1 ? 'sends' : 'send'} no TCP timestamps, and without them on both ends no port can be taken over: turn them on there, or pool the connections.`;
}

function planOf(reuse: Reuse): HostPlan {
  const { input, sysctl, destinations, ports, settings } = reuse;
  const confirm = confirmations(reuse);
  return {
    host: input.host,
    actions: settings.actions,
    basis: {
      tcpTwReuse: sysctl.tcpTwReuse,
      tcpTimestamps: sysctl.tcpTimestamps,
      destinations: destinations.map(pressedName),
      bootSettings: settings.bootBasis,
    },
    predicted: predictedOf(reuse),
    targets: { sustainableOpensPerSecond: Math.floor((ports * 1000) / (sysctl.tcpTwReuseDelayMs ?? 1000)) },
    risks: risksOf(reuse),
    proof: [
      ...readBackProof(settings.actions),
      'After 15 s: the kernel counts ports that were taken over (TWRecycled rises), and nginx logs no new "(99: Cannot assign requested address)".',
      REFUSALS_PROOF,
    ],
    ...(confirm.length > 0 && { confirm }),
  };
}
