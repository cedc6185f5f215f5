import { type ChangeCommand, changeScript, type ReadCommand, readScript } from '../base/command.ts';
import type { AttemptId } from '../base/ids.ts';
import type { ChangeAction } from '../remedies/remedy.ts';
import { APPLY_BODY, FOLLOW, GATE, LOCATE, UNDO_BODY } from './receipt-scripts.ts';
import type { ReceiptReport } from './transition.ts';

/*
 * The journal that an attempt keeps on the host itself, below /var/lib/countersign or ~/.local/state/countersign:
 *
 *   attempts/<attempt>/        mkdir of it is the gate: whoever makes it runs the attempt, everybody else follows
 *     owner                    boot id, pid and start time of the process that runs it (against pid reuse)
 *     pre/<n>, pre/<n>.absent  pre-image of the n-th action, captured before it is done
 *     output                   what the commands printed
 *     rc                       exit status, put there by rename when all is over
 *   attempts/<attempt>.undo/   the same for taking it back
 *
 * The work runs in a session of its own, so it outlives the SSH connection and the bot.
 */

/** Exit statuses of an attempt's work. */
const RC = { done: 0, failed: 70, drifted: 71 } as const;

/** How a receipt answered, and what the work printed. */
export interface ReceiptAnswer {
  readonly report: ReceiptReport;
  readonly output: string;
}

/** Runs an attempt at most once on its host and reports its receipt; asked again, it only reports. */
export function applyCommand(attempt: AttemptId, actions: readonly ChangeAction[]): ChangeCommand {
  return changeScript(`${LOCATE}\n${GATE}\n${FOLLOW}`, [attempt, APPLY_BODY, ...actions.flatMap(actionWords)]);
}

/** Restores the pre-images that an attempt captured, at most once; refuses when a target is not as the attempt left it. */
export function undoCommand(attempt: AttemptId, actions: readonly ChangeAction[]): ChangeCommand {
  return changeScript(`${LOCATE}\n${GATE}\n${FOLLOW}`, [`${attempt}.undo`, UNDO_BODY, ...actions.flatMap(actionWords)]);
}

/** Reports an attempt's receipt without starting anything. */
export function statusCommand(attempt: AttemptId): ReadCommand {
  return readScript(`${LOCATE}\n[ -d "$dir" ] || { echo "receipt NEVER"; exit 0; }\n${FOLLOW}`, [attempt]);
}

/** Parses what a receipt command printed; undefined when it is not a receipt's answer. */
export function parseReceipt(stdout: string): ReceiptAnswer | undefined {
  const [first = '', ...rest] = stdout.split('\n');
  const output = rest.join('\n').trim();
  const match = /^receipt (DONE (\d+)|INTERRUPTED|RUNNING|NEVER)$/.exec(first.trim());
  if (!match) return undefined;
  if (match[1] === 'NEVER') return { report: 'failed', output: 'It was never started on the host.' };
  if (match[2] === undefined)
    return {
      report: 'interrupted',
      output: match[1] === 'RUNNING' ? 'It was still running when the wait ended.' : output,
    };
  const rc = Number(match[2]);
  return { report: rc === RC.done ? 'done' : rc === RC.drifted ? 'drifted' : 'failed', output };
}

function actionWords(action: ChangeAction): string[] {
  if (action.kind === 'sysctl')
    return ['sysctl', `/proc/sys/${action.key.replaceAll('.', '/')}`, action.before, action.after];
  return [action.before === null ? 'new-file' : 'file', action.path, action.before ?? '', action.after];
}
