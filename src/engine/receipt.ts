import { type ChangeCommand, changeScript, type ReadCommand, readScript } from '../base/command.ts';
import type { AttemptId } from '../base/ids.ts';
import type { ChangeAction } from '../remedies/remedy.ts';
import { actionWords } from './receipt/action-words.ts';
import { APPLY_BODY } from './receipt/apply.ts';
import { FIND, GATE, PLACE, UNLESS_FOUND } from './receipt/place.ts';
import { CONFIRM, FOLLOW } from './receipt/report.ts';
import { UNDO_BODY } from './receipt/undo.ts';

/*
 * The journal that an attempt keeps on the host itself, below /var/lib/countersign or ~/.local/state/countersign:
 *
 *   attempts/<attempt>/        mkdir of it is the gate: whoever makes it runs the attempt, everybody else follows
 *     answers/<word>           all that it may come to say, written before anything else; it is said by link(2)
 *     owner                    boot id, pid and start time of the process that runs it (against pid reuse)
 *     pre/<n>, pre/<n>.absent  pre-image of the n-th action, captured before it is done
 *     post/<n>                 what an edited file becomes, put together from its pre-image
 *     ready                    all pre-images are captured; without it nothing was changed
 *     loaded                   nginx was told to load what was written
 *     output                   what the commands printed
 *     rc                       exit status, when all was done or restored
 *     settled                  confirmed, undone or reverted: the first to say it wins
 *     guard                    what became of it when the guard took it back: reverted, drifted or unrestored
 *   attempts/<attempt>.undo/   the same for taking it back; .undo-2, .undo-3, … when people ask again, .undo-auto when it
 *                              is the policy that asks
 *
 * The work runs in a session of its own, so it outlives the SSH connection and the bot. After `rc` 0 the same process
 * stays as the guard, which takes everything back unless the change is confirmed in time. From its first look to the end
 * of its guard it holds the host's lock, /run/lock/countersign.lock or /tmp/countersign.lock.
 */

/** How a receipt answered. `reverted`: it was applied, but not confirmed in time, and the host has taken it back. */
type ReceiptState =
  | 'done'
  | 'failed'
  | 'drifted'
  | 'unrestored'
  | 'busy'
  | 'reverted'
  | 'interrupted'
  | 'running'
  | 'never';

/** Exit statuses of an attempt's work. `unrestored`: it failed, and what it had done could not be taken back. */
const RC: Readonly<Record<number, ReceiptState>> = { 0: 'done', 71: 'drifted', 72: 'unrestored', 73: 'busy' };

/** The exit status of a receipt command that started nothing, because no receipt could be kept. */
export const NOTHING_STARTED = 69;

/** How a receipt answered, and what the work printed. `never`: the host has no such receipt. */
export interface ReceiptAnswer {
  readonly state: ReceiptState;
  readonly output: string;
}

/**
 * How a host answered a confirmation: `confirmed`, `undone` by people before, or what the receipt says instead; `done` when
 * it ended only while it was asked, so that nobody has settled it.
 */
export interface ConfirmAnswer {
  readonly state: ReceiptState | 'confirmed' | 'undone';
  readonly output: string;
}

/** The name of the receipt of an attempt's n-th undo that people asked for, counted from 1. */
export function undoReceipt(attempt: AttemptId, request: number): string {
  return request > 1 ? `${attempt}.undo-${request}` : `${attempt}.undo`;
}

/** The name of the receipt of taking an attempt back because it did harm or missed its prediction. */
export function autoUndoReceipt(attempt: AttemptId): string {
  return `${attempt}.undo-auto`;
}

/**
 * Runs an attempt at most once on its host and reports its receipt; asked again, it only reports. Unless it is confirmed
 * within that many seconds of being done, the host takes it back; 0 = it needs no confirmation.
 */
export function applyCommand(
  attempt: AttemptId,
  actions: readonly ChangeAction[],
  { confirmWithinSeconds }: { readonly confirmWithinSeconds: number },
): ChangeCommand {
  return underReceipt(attempt, APPLY_BODY, actions, [String(Math.ceil(confirmWithinSeconds))]);
}

/**
 * Restores the pre-images that an attempt captured, at most once for each undo receipt; refuses when a target is not as
 * the attempt left it, and when an attempt that is known to have been applied has left nothing to restore from.
 */
export function undoCommand(
  receipt: string,
  actions: readonly ChangeAction[],
  { wasApplied }: { readonly wasApplied: boolean },
): ChangeCommand {
  return underReceipt(receipt, UNDO_BODY, actions, [wasApplied ? '1' : '0']);
}

/** Keeps an attempt's change for good, so that the host does not take it back; says so however often it is asked. */
export function confirmCommand(attempt: AttemptId): ChangeCommand {
  return changeScript(`${FIND}${UNLESS_FOUND}${CONFIRM}${FOLLOW}`, [attempt]);
}

/** Reports a receipt without starting or making anything. */
export function statusCommand(receipt: string): ReadCommand {
  return readScript(`${FIND}${UNLESS_FOUND}${FOLLOW}`, [receipt]);
}

function underReceipt(
  receipt: string,
  body: string,
  actions: readonly ChangeAction[],
  last: readonly string[],
): ChangeCommand {
  return changeScript(`${FIND}${PLACE}${GATE}${FOLLOW}`, [receipt, body, ...actions.flatMap(actionWords), ...last]);
}

/** Parses what a receipt command printed; undefined when it is not a receipt's answer. */
export function parseReceipt(stdout: string): ReceiptAnswer | undefined {
  const answer = parseConfirmation(stdout);
  if (!answer) return undefined;
  const { state, output } = answer;
  return state === 'confirmed' || state === 'undone' ? undefined : { state, output };
}

/**
 * Parses what a confirmation printed; undefined when it is not a receipt's answer. What stands before it is the login
 * shell's: a start-up file that prints something.
 */
export function parseConfirmation(stdout: string): ConfirmAnswer | undefined {
  const match = /\breceipt (?:DONE (\d+)|([A-Z_]+))[ \r]*$/m.exec(stdout);
  if (!match) return undefined;
  const output = stdout.slice(match.index + match[0].length).trim();
  if (match[1] !== undefined) return { state: RC[Number(match[1])] ?? 'failed', output };
  const state = WORDS.get(match[2] ?? '');
  return state && { state, output };
}

const WORDS: ReadonlyMap<string, ConfirmAnswer['state']> = new Map([
  ['RUNNING', 'running'],
  ['NEVER', 'never'],
  ['INTERRUPTED', 'interrupted'],
  ['REVERTED', 'reverted'],
  ['REVERT_DRIFTED', 'drifted'],
  ['REVERT_FAILED', 'unrestored'],
  ['CONFIRMED', 'confirmed'],
  ['UNDONE', 'undone'],
]);
