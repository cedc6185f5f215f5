import { canonicalJson } from '../base/digest.ts';
import type { ChangeAction, HostPlan, Planned } from '../remedies/remedy.ts';

/** Whether two plans of one host ask for different things, in words; undefined = they are the same. */
export function planDifference(approved: Planned, now: Planned): string | undefined {
  if (now.kind !== 'change') return now.reason;
  if (approved.kind !== 'change') return approved.reason;
  const before = approved.plan.basis;
  const changed = Object.keys({ ...before, ...now.plan.basis }).filter(
    (key) => canonicalJson(before[key] ?? null) !== canonicalJson(now.plan.basis[key] ?? null),
  );
  if (changed.length > 0)
    return changed
      .map((key) => `${key}: ${show(before[key])} when approved, ${show(now.plan.basis[key])} now`)
      .join('; ');
  if (canonicalJson(approved.plan.actions) === canonicalJson(now.plan.actions)) return undefined;
  return editedSince(approved.plan, now.plan) ?? 'the planned change would be another one now';
}

/** Names the files that somebody edited between the two plans. */
function editedSince(approved: HostPlan, now: HostPlan): string | undefined {
  const edited = approved.actions.flatMap((action) => {
    const other = action.kind === 'edit' && now.actions.find((candidate) => sameTarget(action, candidate));
    return other && other.kind === 'edit' && action.kind === 'edit' && other.sha256 !== action.sha256
      ? [
          `${action.path} was edited since (its SHA-256 began with ${action.sha256.slice(0, 12)}, now ${other.sha256.slice(0, 12)})`,
        ]
      : [];
  });
  return edited.length === 0 ? undefined : edited.join('; ');
}

function sameTarget(action: ChangeAction, other: ChangeAction): boolean {
  return action.kind === 'edit' && other.kind === 'edit' && action.path === other.path;
}

function show(value: unknown): string {
  return value === undefined || value === '' || value === null
    ? 'empty'
    : typeof value === 'string'
      ? `"${value}"`
      : JSON.stringify(value);
}
