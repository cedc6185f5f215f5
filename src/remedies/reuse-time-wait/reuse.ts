import type { SysctlFact } from '../../probes/sysctl/fact.ts';
import type { PlanInput } from '../remedy.ts';
import type { PressedDestination } from '../sysctl/port-pressure.ts';
import type { SettingsPlan } from '../sysctl/settings.ts';
import type { PeersByTimestamps } from './peers.ts';

/** What the plan is made from, worked out. */
export interface Reuse {
  readonly input: PlanInput;
  readonly sysctl: SysctlFact;
  /** 1 = for all destinations, 2 = for loopback only. */
  readonly value: 1 | 2;
  /** The pairs of source and destination that it helps. */
  readonly destinations: readonly PressedDestination[];
  readonly peers: PeersByTimestamps;
  /** Ports that the kernel may assign. */
  readonly ports: number;
  readonly settings: SettingsPlan;
}
