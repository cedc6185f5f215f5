import type { PortRange, SysctlFact } from '../../probes/sysctl/fact.ts';
import type { PlanInput } from '../remedy.ts';
import type { PressedDestination } from '../sysctl/port-pressure.ts';
import type { SettingsPlan } from '../sysctl/settings.ts';

/** What the plan is made from, worked out. */
export interface Widening {
  readonly input: PlanInput;
  readonly sysctl: SysctlFact;
  readonly range: PortRange;
  /** Service ports inside the new range, ascending. */
  readonly services: readonly number[];
  /** The old list and the service ports, merged. */
  readonly reserved: readonly PortRange[];
  readonly portsBefore: number;
  readonly portsAfter: number;
  readonly pressed: readonly PressedDestination[];
  readonly settings: SettingsPlan;
}
