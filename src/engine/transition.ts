import type { HostName } from '../base/ids.ts';
import type { AttemptState, ChangeState } from './state.ts';

/*
 * The life of a proposal and of the change it becomes.
 *
 *   open ──approve──▶ applying ──▶ proven | not_proven | stale | failed | needs_human
 *     ├──reject──▶ rejected          any end, with a host changed ──undo──▶ undoing ──▶ undone | undo_failed
 *     └──time────▶ expired
 *
 * The life of the change on one host:
 *
 *   pending ──▶ intended ──▶ applied ──▶ proven | not_proven
 *      │            ├──▶ failed     the receipt says it did not work; the host restored its pre-image
 *      │            └──▶ unknown    interrupted or unreachable: a person must look
 *      ├──▶ stale      facts differ from those approved; nothing was sent
 *      ├──▶ failed     the host could not be asked before anything was sent
 *      └──▶ untouched  an earlier host did not succeed
 *   proven | not_proven | unknown | undo_refused | undo_unknown ──▶ undo_intended ──▶ undone | undo_refused | undo_unknown
 *
 * Invariants:
 * - Hosts are worked on one after the other, in the order of the plan; the first that is not proven stops the rest.
 * - `intended` and `undo_intended` are stored before the first byte is sent for them. A host in one of these states is
 *   asked through its receipt, which runs an attempt at most once; so the same effect may be performed again after a crash.
 * - Final states of a proposal are left by an undo request only.
 */

/** The change on one host, as the transition sees it. */
interface AttemptView {
  readonly host: HostName;
  readonly state: AttemptState;
}

/** A proposal and its attempts, as the transition sees them. */
export interface ChangeView {
  readonly state: ChangeState;
  readonly attempts: readonly AttemptView[];
}

/** How a host's receipt answered. */
export type ReceiptReport = 'done' | 'failed' | 'drifted' | 'interrupted' | 'unrestored' | 'unreachable';

/** What happened to a proposal or its change. */
export type ChangeEvent =
  | { readonly type: 'proposal.approved' }
  | { readonly type: 'proposal.rejected' }
  | { readonly type: 'proposal.expired' }
  | {
      readonly type: 'facts.reread';
      readonly host: HostName;
      readonly result: 'same' | 'different' | 'unreadable' | 'too_late';
    }
  | { readonly type: 'attempt.reported'; readonly host: HostName; readonly report: ReceiptReport }
  | { readonly type: 'attempt.judged'; readonly host: HostName; readonly outcome: 'proven' | 'not_proven' }
  | { readonly type: 'undo.requested' }
  | { readonly type: 'undo.reported'; readonly host: HostName; readonly report: ReceiptReport };

/** What is to be done next on a host. */
export type Effect = { readonly type: 'reread' | 'apply' | 'verify' | 'undo'; readonly host: HostName };

/** States that an undo can start from. */
const UNDOABLE: readonly ChangeState[] = ['proven', 'not_proven', 'failed', 'stale', 'needs_human', 'undo_failed'];
/** Attempts that may have changed their host. */
const CHANGED: readonly AttemptState[] = ['applied', 'proven', 'not_proven', 'unknown', 'undo_unknown', 'undo_refused'];

/** Whether the change did something that an undo could take back. */
export function canUndo(change: ChangeView): boolean {
  return UNDOABLE.includes(change.state) && change.attempts.some((attempt) => CHANGED.includes(attempt.state));
}

/** The change after an event. Throws on an event that cannot happen in this state: a bug, never an operator's doing. */
export function transition(change: ChangeView, event: ChangeEvent): ChangeView {
  switch (event.type) {
    case 'proposal.approved':
      return { ...requireState(change, 'open', event), state: 'applying' };
    case 'proposal.rejected':
      return { ...requireState(change, 'open', event), state: 'rejected' };
    case 'proposal.expired':
      return { ...requireState(change, 'open', event), state: 'expired' };
    case 'facts.reread':
      return settle(moved(change, event, REREAD[event.result]));
    case 'attempt.reported':
      return settle(moved(change, event, REPORTED[event.report]));
    case 'attempt.judged':
      return settle(moved(change, event, event.outcome));
    case 'undo.requested':
      return undoRequested(change);
    case 'undo.reported':
      return settle(moved(change, event, UNDO_REPORTED[event.report]));
  }
}

/** What to do next, derived from the stored state alone, so that a restart goes on where the last process stopped. */
export function nextEffect(change: ChangeView): Effect | undefined {
  for (const { host, state } of change.attempts) {
    const type =
      change.state === 'applying' ? APPLY_EFFECT[state] : change.state === 'undoing' ? UNDO_EFFECT[state] : undefined;
    if (type) return { type, host };
  }
  return undefined;
}

const REREAD = { same: 'intended', different: 'stale', unreadable: 'failed', too_late: 'failed' } as const;
const REPORTED = {
  done: 'applied',
  failed: 'failed',
  drifted: 'stale',
  interrupted: 'unknown',
  unrestored: 'unknown',
  unreachable: 'unknown',
} as const;
const UNDO_REPORTED = {
  done: 'undone',
  failed: 'undo_unknown',
  drifted: 'undo_refused',
  interrupted: 'undo_unknown',
  unrestored: 'undo_unknown',
  unreachable: 'undo_unknown',
} as const;
const APPLY_EFFECT: Partial<Record<AttemptState, Effect['type']>> = {
  pending: 'reread',
  intended: 'apply',
  applied: 'verify',
};
const UNDO_EFFECT: Partial<Record<AttemptState, Effect['type']>> = { undo_intended: 'undo' };

function undoRequested(change: ChangeView): ChangeView {
  if (!canUndo(change)) throw new Error(`undo.requested cannot happen in ${change.state}`);
  const attempts = change.attempts.map(
    (attempt): AttemptView => (CHANGED.includes(attempt.state) ? { ...attempt, state: 'undo_intended' } : attempt),
  );
  return { state: 'undoing', attempts };
}

function requireState(change: ChangeView, state: ChangeState, event: ChangeEvent): ChangeView {
  if (change.state === state) return change;
  throw new Error(`${event.type} cannot happen in ${change.state}`);
}

type HostEvent = Extract<ChangeEvent, { readonly host: HostName }>;

/** The effect that each event is the outcome of. */
const OUTCOME_OF: Readonly<Record<HostEvent['type'], Effect['type']>> = {
  'facts.reread': 'reread',
  'attempt.reported': 'apply',
  'attempt.judged': 'verify',
  'undo.reported': 'undo',
};

/** Only the outcome of the next effect can happen: that is what keeps hosts in order and one at a time. */
function moved(change: ChangeView, { type, host }: HostEvent, to: AttemptState): ChangeView {
  const effect = nextEffect(change);
  if (effect?.host !== host || effect.type !== OUTCOME_OF[type])
    throw new Error(`${type} of ${host} cannot happen in ${change.state}`);
  return {
    ...change,
    attempts: change.attempts.map((attempt) => (attempt.host === host ? { ...attempt, state: to } : attempt)),
  };
}

/** Ends the change when its hosts are decided: the first that did not succeed leaves the rest untouched. */
function settle(change: ChangeView): ChangeView {
  if (change.state === 'undoing') return settleUndo(change);
  const bad = change.attempts.find(({ state }) => ['stale', 'failed', 'unknown', 'not_proven'].includes(state));
  if (bad) {
    const attempts = change.attempts.map(
      (attempt): AttemptView => (attempt.state === 'pending' ? { ...attempt, state: 'untouched' } : attempt),
    );
    return { state: ENDED_BY[bad.state] ?? 'failed', attempts };
  }
  return change.attempts.every(({ state }) => state === 'proven') ? { ...change, state: 'proven' } : change;
}

const ENDED_BY: Partial<Record<AttemptState, ChangeState>> = {
  stale: 'stale',
  failed: 'failed',
  unknown: 'needs_human',
  not_proven: 'not_proven',
};

function settleUndo(change: ChangeView): ChangeView {
  if (change.attempts.some(({ state }) => state === 'undo_intended')) return change;
  const incomplete = change.attempts.some(({ state }) => state === 'undo_refused' || state === 'undo_unknown');
  return { ...change, state: incomplete ? 'undo_failed' : 'undone' };
}
