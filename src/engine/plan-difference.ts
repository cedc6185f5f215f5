import { canonicalJson } from '../base/digest.ts';
import type { ChangeAction, HostPlan, Planned } from '../remedies/remedy.ts';

/** Whether two plans of one host ask for different things, in words without a full stop; undefined = they are the same. */
export function planDifference(approved: Planned, now: Planned): string | undefined {
  if (now.kind !== 'change') return now.reason.replace(/\.$/, '');
  if (approved.kind !== 'change') return approved.reason.replace(/\.$/, '');
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
    const since = now.actions.flatMap((other) => fileChange(action, other) ?? []);
    return since.slice(0, 1);
  });
  return edited.length === 0 ? undefined : edited.join('; ');
}

/** What somebody did to the file that both plans are about. */
function fileChange(approved: ChangeAction, now: ChangeAction): string | undefined {
  if (approved.kind === 'edit' && now.kind === 'edit' && approved.path === now.path) {
    const [before, after] = [approved.sha256, now.sha256];
    if (before === after) return undefined;
    return `${approved.path} was edited since (its SHA-256 began with ${before.slice(0, 12)}, now ${after.slice(0, 12)})`;
  }
  if (approved.kind === 'file' && now.kind === 'file' && approved.path === now.path) {
    const [before, after] = [approved.before, now.before];
    if (before === after) return undefined;
    return `${approved.path} was ${before === null ? 'written' : after === null ? 'removed' : 'edited'} since`;
  }
  return undefined;
}

function show(value: unknown): string {
  return value === undefined || value === '' || value === null
    ? 'empty'
    : typeof value === 'string'
      ? `"${value}"`
      : JSON.stringify(value);
}
