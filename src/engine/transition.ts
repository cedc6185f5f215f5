import type { HostName } from '../base/ids.ts';
import type { ChangeEvent, ChangeView, Effect } from './change.ts';
import type { AttemptState, ChangeState } from './state.ts';

/*
 * The life of a proposal and of the change it becomes.
 *
 *   open ──approve──▶ applying ──▶ proven | not_proven | reverted | stale | failed | needs_human
 *     ├──reject──▶ rejected          needs_human ──look──▶ applying
 *     └──time────▶ expired           any end, with a host changed ──undo──▶ undoing ──▶ undone | undo_failed
 *
 * The life of the change on one host, which undoes it by itself until it is confirmed (commit-confirm):
 *
 *   pending ──▶ intended ──▶ applied ──fast signal──▶ signalled ──confirm──▶ confirmed ──slow proof──▶ proven | not_proven
 *      │            │           │          ├────────▶ missed ──confirm──▶ not_proven, or ──revert──▶ reverted (policy)
 *      │            │           │          └────────▶ harmful ──revert──▶ reverted, also after the slow proof
 *      │            │           └─ with no slow proof, signalled ──confirm──▶ proven
 *      │            │           └─ not to be judged ──▶ unknown, not confirmed, or ──revert──▶ reverted (policy)
 *      │            ├──▶ failed     the receipt says it did not work; the host restored its pre-image
 *      │            ├──▶ reverted   the host undid it, because nobody confirmed it in time
 *      │            └──▶ unknown    interrupted or unreachable: a person must look ──look──▶ looking ──▶ as the receipt says
 *      ├──▶ stale      facts differ from those approved; nothing was sent
 *      ├──▶ failed     the host could not be asked before anything was sent
 *      └──▶ untouched  another host did not succeed ──look──▶ pending, for what was not known there may turn out well
 *   whatever may have changed its host ──▶ undo_intended ──▶ undone | undo_refused | undo_unknown
 *
 * Invariants:
 * - Hosts are worked on batch by batch, in the order of the plan; the hosts of a batch side by side. A batch begins when
 *   every host of those before it is proven. The first host that is not proven leaves untouched whatever has not begun.
 * - `intended` and `undo_intended` are stored before the first byte is sent for them. A host in one of these states is
 *   asked through its receipt, which runs an attempt at most once; so the same effect may be performed again after a crash.
 * - A host on which errors appeared is put back, whatever the policy says, before and after it was confirmed.
 * - Final states of a proposal are left by an undo request or a wish to look again only.
 */

/** States that an undo can start from. */
const UNDOABLE: readonly ChangeState[] = [
  'proven',
  'not_proven',
  'reverted',
  'failed',
  'stale',
  'needs_human',
  'undo_failed',
];
/** Attempts that may have changed their host. */
const CHANGED: readonly AttemptState[] = [
  'applied',
  'signalled',
  'missed',
  'harmful',
  'confirmed',
  'proven',
  'not_proven',
  'unknown',
  'undo_unknown',
  'undo_refused',
];
/** Attempts on which nothing is to be done any more while a change is applied. */
const SETTLED: readonly AttemptState[] = [
  'proven',
  'not_proven',
  'reverted',
  'stale',
  'failed',
  'unknown',
  'untouched',
];

/** Whether the change did something that an undo could take back. */
export function canUndo(change: ChangeView): boolean {
  return UNDOABLE.includes(change.state) && change.attempts.some(({ state }) => CHANGED.includes(state));
}

/** Whether a host's receipt can be asked again what became of the change there. */
export function canLook(change: ChangeView): boolean {
  return change.state === 'needs_human' && change.attempts.some(({ state }) => state === 'unknown');
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
    case 'undo.requested':
      if (!canUndo(change)) throw cannotHappen(change, event);
      return { ...change, state: 'undoing', attempts: restated(change, CHANGED, 'undo_intended') };
    case 'look.requested':
      if (!canLook(change)) throw cannotHappen(change, event);
      return { ...change, state: 'applying', attempts: lookedAt(change) };
    case 'facts.reread':
      // Another host of the batch did not succeed while this one's facts were read: nothing was sent, so it stays untouched.
      if (stateOf(change, event.host) === 'untouched') return change;
      return settle(moved(change, event));
    default:
      return settle(moved(change, event));
  }
}

/** What may be done now, side by side, derived from the stored state alone, so that a restart goes on where the last process stopped. */
export function nextEffects(change: ChangeView): readonly Effect[] {
  if (change.state === 'undoing') return effectsOf(change, change.attempts);
  if (change.state !== 'applying') return [];
  const looking = change.attempts.filter(({ state }) => state === 'looking');
  if (looking.length > 0) return effectsOf(change, looking);
  for (const batch of change.rollout.batches) {
    const effects = effectsOf(
      change,
      change.attempts.filter(({ host, state }) => batch.includes(host) && !SETTLED.includes(state)),
    );
    if (effects.length > 0) return effects;
  }
  return [];
}

function effectsOf(change: ChangeView, attempts: ChangeView['attempts']): Effect[] {
  return attempts.flatMap(({ host, state }): Effect[] => {
    const type = effectOn(change, state);
    return type ? [{ type, host }] : [];
  });
}

function effectOn({ rollout }: ChangeView, state: AttemptState): Effect['type'] | undefined {
  if (state === 'missed') return rollout.unproven === 'undo' ? 'revert' : 'confirm';
  return EFFECT[state];
}

const EFFECT: Partial<Record<AttemptState, Effect['type']>> = {
  pending: 'reread',
  intended: 'apply',
  looking: 'look',
  applied: 'signal',
  harmful: 'revert',
  signalled: 'confirm',
  confirmed: 'prove',
  undo_intended: 'undo',
};

type HostEvent = Extract<ChangeEvent, { readonly host: HostName }>;

/** The effect that each event is the outcome of. */
const OUTCOME_OF: Readonly<Record<HostEvent['type'], Effect['type']>> = {
  'facts.reread': 'reread',
  'attempt.reported': 'apply',
  'attempt.looked': 'look',
  'attempt.signalled': 'signal',
  'attempt.confirmed': 'confirm',
  'attempt.judged': 'prove',
  'attempt.reverted': 'revert',
  'undo.reported': 'undo',
};

/** Only the outcome of an effect that is due can happen: that is what keeps hosts in order. */
function moved(change: ChangeView, event: HostEvent): ChangeView {
  const due = nextEffects(change).find(({ host }) => host === event.host);
  if (due?.type !== OUTCOME_OF[event.type]) throw cannotHappen(change, event);
  const to = reached(change, event);
  const attempts = change.attempts.map((attempt) =>
    attempt.host === event.host ? { ...attempt, state: to } : attempt,
  );
  return { ...change, attempts };
}

function reached(change: ChangeView, event: HostEvent): AttemptState {
  switch (event.type) {
    case 'facts.reread':
      return REREAD[event.result];
    case 'attempt.reported':
    case 'attempt.looked':
      return REPORTED[event.report];
    case 'attempt.signalled':
      return signalledAs(change, event);
    case 'attempt.confirmed':
      return confirmedAs(change, event);
    case 'attempt.judged':
      if (event.outcome !== 'not_proven') return event.outcome;
      return change.rollout.unproven === 'undo' ? 'missed' : 'not_proven';
    case 'attempt.reverted':
      return event.report === 'done' || event.report === 'reverted' ? 'reverted' : 'unknown';
    case 'undo.reported':
      return UNDO_REPORTED[event.report];
  }
}

const REREAD = { same: 'intended', different: 'stale', unreadable: 'failed', too_late: 'failed' } as const;
const REPORTED = {
  done: 'applied',
  failed: 'failed',
  drifted: 'stale',
  busy: 'failed',
  interrupted: 'unknown',
  unrestored: 'unknown',
  reverted: 'reverted',
  unreachable: 'unknown',
} as const;
const UNDO_REPORTED = {
  done: 'undone',
  reverted: 'undone',
  failed: 'undo_unknown',
  drifted: 'undo_refused',
  busy: 'undo_unknown',
  interrupted: 'undo_unknown',
  unrestored: 'undo_unknown',
  unreachable: 'undo_unknown',
} as const;

/**
 * What does harm goes back whatever the policy says. What nobody could judge is never confirmed: its host takes it back in
 * time, at once where the policy wants that anyway.
 */
function signalledAs(
  { rollout }: ChangeView,
  { outcome }: Extract<ChangeEvent, { readonly type: 'attempt.signalled' }>,
): AttemptState {
  if (outcome === 'proven') return 'signalled';
  if (outcome === 'harmful') return 'harmful';
  return outcome === 'unjudged' && rollout.unproven === 'keep' ? 'unknown' : 'missed';
}

function confirmedAs(
  change: ChangeView,
  { host, report }: Extract<ChangeEvent, { readonly type: 'attempt.confirmed' }>,
): AttemptState {
  if (report === 'reverted') return 'reverted';
  if (report !== 'confirmed') return 'unknown';
  if (stateOf(change, host) === 'missed') return 'not_proven';
  return change.rollout.slowProof ? 'confirmed' : 'proven';
}

/** Hosts of unknown outcome are asked again; those left untouched because of them wait for what comes of it. */
function lookedAt(change: ChangeView): ChangeView['attempts'] {
  const waiting = { ...change, attempts: restated(change, ['untouched'], 'pending') };
  return restated(waiting, ['unknown'], 'looking');
}

/** Leaves untouched what has not begun once a host did not succeed, and ends the change when nothing is left to do. */
function settle(change: ChangeView): ChangeView {
  if (change.state === 'undoing') return settleUndo(change);
  // A missed prediction ends badly whatever is done about it, and that may take a while.
  const bad = change.attempts.some(({ state }) => state === 'missed' || state === 'harmful' || state in ENDED_BY);
  const after = bad ? { ...change, attempts: restated(change, ['pending'], 'untouched') } : change;
  if (!after.attempts.every(({ state }) => SETTLED.includes(state))) return after;
  const end = ENDS.find((state) => after.attempts.some((attempt) => attempt.state === state));
  return { ...after, state: end === undefined ? 'proven' : ENDED_BY[end] };
}

const ENDED_BY = {
  unknown: 'needs_human',
  failed: 'failed',
  stale: 'stale',
  not_proven: 'not_proven',
  reverted: 'reverted',
} as const satisfies Partial<Record<AttemptState, ChangeState>>;

/** Of several hosts that did not succeed, the one that a person has to know of first decides. */
const ENDS = ['unknown', 'failed', 'stale', 'not_proven', 'reverted'] as const satisfies (keyof typeof ENDED_BY)[];

function settleUndo(change: ChangeView): ChangeView {
  if (change.attempts.some(({ state }) => state === 'undo_intended')) return change;
  const incomplete = change.attempts.some(({ state }) => state === 'undo_refused' || state === 'undo_unknown');
  return { ...change, state: incomplete ? 'undo_failed' : 'undone' };
}

function restated(change: ChangeView, from: readonly AttemptState[], to: AttemptState): ChangeView['attempts'] {
  return change.attempts.map((attempt) => (from.includes(attempt.state) ? { ...attempt, state: to } : attempt));
}

function stateOf(change: ChangeView, host: HostName): AttemptState | undefined {
  return change.attempts.find((attempt) => attempt.host === host)?.state;
}

function requireState(change: ChangeView, state: ChangeState, event: ChangeEvent): ChangeView {
  if (change.state === state) return change;
  throw cannotHappen(change, event);
}

function cannotHappen(change: ChangeView, event: ChangeEvent): Error {
  return new Error(`${event.type}${'host' in event ? ` of ${event.host}` : ''} cannot happen in ${change.state}`);
}
