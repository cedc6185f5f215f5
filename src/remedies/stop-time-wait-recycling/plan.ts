import { formatNumber, list } from '../../base/format.ts';
import type { SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import type { HostPlan, Planned, PlanInput } from '../remedy.ts';
import { placeText } from '../sysctl/boot.ts';
import { nothing, readOnlyObstacle, refused } from '../sysctl/obstacles.ts';
import { readBackProof } from '../sysctl/readback.ts';
import { REFUSALS_PROOF } from '../sysctl/refused-ports.ts';
import { planSettings, type SettingsPlan } from '../sysctl/settings.ts';
import { passiveDrops } from './verify.ts';

/** Removed in Linux 4.12 (commit 4396e46187ca); older kernels have it, off by default. */
export const RECYCLE_KEY = 'net.ipv4.tcp_tw_recycle';

/** Plans tcp_tw_recycle = 0 where the kernel still has it and it is on, now or at boot. */
export function planStop(input: PlanInput): Planned {
  const { sysctl, 'sysctl-files': files } = input.facts;
  if (sysctl === undefined || files === undefined) {
    return refused('The kernel settings and the sysctl.d files are both needed to plan this.');
  }
  if (sysctl.tcpTwRecycle === null)
    return nothing(`This kernel has no tcp_tw_recycle (removed in Linux 4.12).${leftOver(files)}`);
  const obstacle = readOnlyObstacle(input.facts);
  if (obstacle !== undefined) return refused(obstacle);
  const settings = planSettings(
    [{ key: RECYCLE_KEY, value: '0', purpose: PURPOSE, suffices: (value) => value === '0', isDefault: true }],
    { sysctl, files, changeId: input.changeId },
  );
  if (settings.actions.length === 0) return nothing(['tcp_tw_recycle is 0 already.', ...settings.byHand].join(' '));
  return { kind: 'change', plan: planOf(input, sysctl.tcpTwRecycle, settings) };
}

const PURPOSE = 'connections of clients behind one address are not dropped';

/** Lines that only make `sysctl --system` complain. */
function leftOver(files: SysctlFilesFact): string {
  const lines = files.entries.filter(({ key }) => key === RECYCLE_KEY);
  if (lines.length === 0) return '';
  return ` ${list(lines.map(placeText))} can be removed by hand: sysctl reports an error for ${lines.length === 1 ? 'it' : 'them'}.`;
}

function planOf(input: PlanInput, value: number, settings: SettingsPlan): HostPlan {
  return {
    host: input.host,
    actions: settings.actions,
    basis: { tcpTwRecycle: value, bootSettings: settings.bootBasis },
    predicted: [
      dropsText(passiveDrops(input.facts), value),
      ...(settings.persistent ? ['It holds after a restart of the host, too.'] : []),
    ],
    targets: { pawsPassivePerSecond: 0 },
    risks: [
      'TIME_WAIT sockets stay their 60 s again, so their number rises; each takes 256 bytes and no file descriptor.',
      ...settings.risks,
    ],
    proof: [
      ...readBackProof(settings.actions),
      'After 15 s: no connection request is dropped for its timestamp (PAWSPassive does not rise).',
      REFUSALS_PROOF,
    ],
  };
}

function dropsText(drops: number | undefined, value: number): string {
  if (value === 0) return 'tcp_tw_recycle is off now; at boot it is no longer turned on.';
  const rate = drops === undefined ? 'Connection requests' : `${formatNumber(drops)} → 0 connection requests/s`;
  return `${rate} of clients behind one address (NAT, a load balancer) that are dropped for a timestamp of another client, at once.`;
}
