import { formatNumber } from '../../base/format.ts';
import { USUAL_TIME_WAIT_LIMIT } from '../refusals.ts';
import type { HostPlan, Planned, PlanInput } from '../remedy.ts';
import { nothing, readOnlyObstacle, refused } from '../sysctl/obstacles.ts';
import { TIME_WAIT_SECONDS } from '../sysctl/port-pressure.ts';
import { readBackProof } from '../sysctl/readback.ts';
import { REFUSALS_PROOF } from '../sysctl/refused-ports.ts';
import { planSettings, type SettingsPlan } from '../sysctl/settings.ts';
import { type Demand, demandOf, LARGEST_LIMIT, limitFor, memoryText } from './size.ts';

/** Above this many TIME_WAIT sockets the kernel keeps no new ones (ip-sysctl.rst: it must not be lowered). */
export const LIMIT_KEY = 'net.ipv4.tcp_max_tw_buckets';

interface Raise {
  readonly input: PlanInput;
  readonly before: number;
  readonly after: number;
  readonly demand: Demand;
  readonly settings: SettingsPlan;
}

/** Plans a limit that holds what the traffic makes in 60 s with half as much again; a limit that suffices is left alone. */
export function planRaise(input: PlanInput): Planned {
  const { sysctl, 'sysctl-files': files, 'tcp-counters': counters } = input.facts;
  if (sysctl === undefined || files === undefined || counters === undefined) {
    return refused('The kernel settings, the sysctl.d files and the TCP counters are all needed to plan this.');
  }
  const before = sysctl.tcpMaxTwBuckets;
  if (before === null) return refused('This kernel has no tcp_max_tw_buckets.');
  const obstacle = readOnlyObstacle(input.facts);
  if (obstacle !== undefined) return refused(obstacle);
  const demand = demandOf(counters);
  const set = files.entries.filter(({ key }) => key === LIMIT_KEY).at(-1);
  const setLow = set !== undefined && Number(set.value) < USUAL_TIME_WAIT_LIMIT && before < USUAL_TIME_WAIT_LIMIT;
  if (demand.overflowsPerSecond === 0 && !setLow && input.approved === undefined) return nothing(enoughText(before));
  const after = limitFor(before, demand, approvedLimit(input.approved));
  if (after < demand.neededSockets || (after === before && demand.overflowsPerSecond > 0)) {
    return refused(tooLargeText(demand));
  }
  if (after <= before) return nothing(enoughText(before));
  const value = String(after);
  const settings = planSettings(
    [{ key: LIMIT_KEY, value, purpose: 'TIME_WAIT sockets that are kept', suffices: (text) => Number(text) >= after }],
    { sysctl, files, changeId: input.changeId },
  );
  return { kind: 'change', plan: planOf({ input, before, after, demand, settings }) };
}

function enoughText(before: number): string {
  return `No TIME_WAIT socket is dropped for the limit of ${formatNumber(before)} (TCPTimeWaitOverflow does not rise); it suffices.`;
}

function tooLargeText({ neededSockets }: Demand): string {
  return `About ${formatNumber(neededSockets)} TIME_WAIT sockets are made in ${TIME_WAIT_SECONDS} s, and a limit above ${formatNumber(LARGEST_LIMIT)} (${memoryText(LARGEST_LIMIT)} of kernel memory) is not set from here: pool connections first.`;
}

function approvedLimit(approved: HostPlan | undefined): number | undefined {
  const action = approved?.actions.find((each) => each.kind === 'sysctl' && each.key === LIMIT_KEY);
  return action?.kind === 'sysctl' ? Number(action.after) : undefined;
}

function planOf({ input, before, after, demand, settings }: Raise): HostPlan {
  const { overflowsPerSecond, neededSockets } = demand;
  return {
    host: input.host,
    actions: settings.actions,
    basis: { tcpMaxTwBuckets: before, bootSettings: settings.bootBasis },
    predicted: [
      ...(overflowsPerSecond === 0
        ? [`None is dropped for the limit of ${formatNumber(before)} now; none will be below ${formatNumber(after)}.`]
        : [
            `${formatNumber(overflowsPerSecond)} → 0 TIME_WAIT sockets/s dropped for the limit, at once.`,
            `The number of TIME_WAIT rises, to about ${formatNumber(neededSockets)} within 75 s: closes/s x ${TIME_WAIT_SECONDS} s, which the limit hid. Each of them keeps late packets of its connection away from the next one on the same ports.`,
          ]),
      ...(settings.persistent ? ['It holds after a restart of the host, too.'] : []),
    ],
    targets: { overflowsPerSecond: 0, timeWaitSockets: after },
    risks: [
      `Each entry takes 256 bytes of kernel memory: at the limit ${memoryText(after)}, until now ${memoryText(before)}.`,
      'The count of TIME_WAIT looks worse afterwards; what makes them stays, and pooling connections is its cure.',
      ...settings.risks,
    ],
    proof: [
      ...readBackProof(settings.actions),
      'After 15 s and again after 75 s: TCPTimeWaitOverflow does not rise any more.',
      REFUSALS_PROOF,
    ],
    confirm: [
      `Up to ${formatNumber(after)} TIME_WAIT sockets are kept and not ${formatNumber(before)}: up to ${memoryText(after)} of kernel memory that cannot be swapped. Confirm that the host has it to spare.`,
    ],
  };
}
