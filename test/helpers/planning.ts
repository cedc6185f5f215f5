import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import type { HostPlan, Planned, PlanInput } from '../../src/remedies/remedy.ts';

/** What a remedy of one host named web-1 plans from these facts. */
export function planInput(facts: Facts, approved?: HostPlan): PlanInput {
  return { host: asHostName('web-1'), facts, changeId: '41-1', ...(approved && { approved }) };
}

/** The plan, or an error with the reason why there is none. */
export function planOf(planned: Planned): HostPlan {
  if (planned.kind !== 'change') throw new Error(`${planned.kind}: ${planned.reason}`);
  return planned.plan;
}
