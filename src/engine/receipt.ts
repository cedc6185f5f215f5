import { type ChangeCommand, changeScript, type ReadCommand, readScript } from '../base/command.ts';
import type { AttemptId } from '../base/ids.ts';
import type { ChangeAction } from '../remedies/remedy.ts';
import { APPLY_BODY, FIND, FOLLOW, GATE, PLACE, UNDO_BODY } from './receipt-scripts.ts';
import type { ReceiptReport } from './transition.ts';

/*
 * The journal that an attempt keeps on the host itself, below /var/lib/countersign or ~/.local/state/countersign:
 *
 *   attempts/<attempt>/        mkdir of it is the gate: whoever makes it runs the attempt, everybody else follows
 *     owner                    boot id, pid and start time of the process that runs it (against pid reuse)
 *     pre/<n>, pre/<n>.absent  pre-image of the n-th action, captured before it is done
 *     ready                    all pre-images are captured; without it nothing was changed
 *     output                   what the commands printed
 *     rc                       exit status, put there by rename when all is over
 *   attempts/<attempt>.undo/   the same for taking it back; .undo-2, .undo-3, … when people ask again
 *
 * The work runs in a session of its own, so it outlives the SSH connection and the bot.
 */

/** Exit statuses of an attempt's work. `unrestored`: it failed, and what it had done could not be taken back. */
const RC: Readonly<Record<number, ReceiptAnswer['state']>> = { 0: 'done', 71: 'drifted', 72: 'unrestored' };

/** The exit status of a receipt command that started nothing, because no receipt could be kept. */
export const NOTHING_STARTED = 69;

/** How a receipt answered, and what the work printed. `never`: the host has no such receipt. */
export interface ReceiptAnswer {
  readonly state: Exclude<ReceiptReport, 'unreachable'> | 'running' | 'never';
  readonly output: string;
}

/** The name of the receipt of an attempt's n-th undo, counted from 1. */
export function undoReceipt(attempt: AttemptId, request: number): string {
  return request > 1 ? `${attempt}.undo-${request}` : `${attempt}.undo`;
}

/** Runs an attempt at most once on its host and reports its receipt; asked again, it only reports. */
export function applyCommand(attempt: AttemptId, actions: readonly ChangeAction[]): ChangeCommand {
  return underReceipt(attempt, APPLY_BODY, actions);
}

/**
 * Restores the pre-images that an attempt captured, at most once for each request; refuses when a target is not as the
 * attempt left it.
 */
export function undoCommand(attempt: AttemptId, request: number, actions: readonly ChangeAction[]): ChangeCommand {
  return underReceipt(undoReceipt(attempt, request), UNDO_BODY, actions);
}

function underReceipt(receipt: string, body: string, actions: readonly ChangeAction[]): ChangeCommand {
  return changeScript(`${FIND}${PLACE}${GATE}${FOLLOW}`, [receipt, body, ...actions.flatMap(actionWords)]);
}

/** Reports a receipt without starting or making anything. */
export function statusCommand(receipt: string): ReadCommand {
  const unlessFound = '[ -n "$dir" ] && [ -d "$dir" ] || { echo "receipt NEVER"; exit 0; }';
  return readScript(`${FIND}${unlessFound}\n${FOLLOW}`, [receipt]);
}

/** Parses what a receipt command printed; undefined when it is not a receipt's answer. */
export function parseReceipt(stdout: string): ReceiptAnswer | undefined {
  const [first = '', ...rest] = stdout.split('\n');
  const output = rest.join('\n').trim();
  const match = /^receipt (?:DONE (\d+)|(INTERRUPTED|RUNNING|NEVER))$/.exec(first.trim());
  if (!match) return undefined;
  if (match[1] !== undefined) return { state: RC[Number(match[1])] ?? 'failed', output };
  return { state: WORDS[match[2] ?? ''] ?? 'interrupted', output };
}

const WORDS: Readonly<Record<string, ReceiptAnswer['state']>> = { RUNNING: 'running', NEVER: 'never' };

function actionWords(action: ChangeAction): string[] {
  if (action.kind === 'sysctl')
    return ['sysctl', `/proc/sys/${action.key.replaceAll('.', '/')}`, action.before, action.after];
  return [action.before === null ? 'new-file' : 'file', action.path, action.before ?? '', action.after];
}
