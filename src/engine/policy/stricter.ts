import { count } from '../../base/format.ts';
import type { Proposal } from '../model.ts';
import { batchesOf, compareCaution } from '../rollout.ts';
import type { ChangeTerms } from './terms.ts';

/**
 * What the policy wants of a change by now that its proposal does not have, as a clause; undefined when nothing is lacking.
 * A proposal keeps the terms under which it was made, because they are part of what people approve.
 */
export function stricterNow(
  now: ChangeTerms,
  { neededApprovals, plan }: Pick<Proposal, 'neededApprovals' | 'plan'>,
): string | undefined {
  if (now.approvals > neededApprovals)
    return `the policy wants ${count(now.approvals, 'approval')} by now, and it was made for ${neededApprovals}`;
  if (now.typed && plan.typed.length === 0)
    return 'the policy wants its name typed by now, and it was made without that';
  if (now.unproven === 'undo' && plan.rollout.unproven === 'keep')
    return 'the policy wants what does not help taken back by now, and it was made to be kept';
  return smallerSteps(now, plan);
}

/** A rollout that is more cautious than the one of the plan, by the order in which the strictest terms are chosen. */
function smallerSteps(now: ChangeTerms, { hosts, rollout }: Proposal['plan']): string | undefined {
  const names = hosts.map(({ host }) => host);
  const [wanted, made] = [batchesOf(names, now.batches), rollout.batches];
  if (compareCaution(wanted, made) >= 0) return undefined;
  const steps = (batches: typeof made): string => count(batches.length, 'step');
  const begin = (batches: typeof made): string => `${count(batches[0]?.length ?? 0, 'host')} first`;
  return `the policy wants it in ${steps(wanted)} by now, ${begin(wanted)}, and it was made for ${steps(made)}, ${begin(made)}`;
}
