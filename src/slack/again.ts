import { OperatorError } from '../base/error.ts';
import type { RunOutline } from '../engine/view.ts';

/** Which hosts of a run are asked once more. */
export type AgainOn = 'all' | 'failed';

/**
 * The wish to do a run once more, with the same params; on the same hosts, or only on those that did not answer.
 * Throws state/not-applicable when all did, or when it is not known yet.
 */
export function againRequest({ run, hosts }: RunOutline, on: AgainOn) {
  const params = Object.fromEntries(Object.entries(run.params).map(([name, value]) => [name, String(value)]));
  if (on === 'all') return { runbook: run.runbook, selector: run.selector, params };
  if (run.state === 'reading')
    throw new OperatorError('state/not-applicable', {
      message: `run ${run.id} is still asking its hosts`,
      hint: 'Wait until it ends, or cancel it.',
    });
  const failed = hosts.filter(({ outcome }) => outcome !== 'ok').map(({ host }) => host);
  if (failed.length > 0) return { runbook: run.runbook, selector: failed.join(' '), params };
  throw new OperatorError('state/not-applicable', {
    message: `every host of run ${run.id} answered`,
    hint: `Without "failed", all of them are asked again.`,
  });
}
