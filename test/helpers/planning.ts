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

/** What the plan's action of this kind writes: the value of the named key, or the text of the file; undefined when there is none. */
export function writtenBy(plan: HostPlan, kind: 'sysctl' | 'file', key?: string): string | undefined {
  const action = plan.actions.find(
    (each) => each.kind === kind && (key === undefined || (each.kind === 'sysctl' && each.key === key)),
  );
  return action?.kind === 'sysctl' || action?.kind === 'file' ? action.after : undefined;
}
