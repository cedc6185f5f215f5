import { crashPoint } from '../base/crash-point.ts';
import { OperatorError } from '../base/error.ts';
import type { HostName, ProposalId } from '../base/ids.ts';
import { mapLimit } from '../base/map-limit.ts';
import type { ChangeEvent, Effect } from './change.ts';
import type { EngineContext } from './context.ts';
import { type Done, perform } from './effects.ts';
import type { Attempt, Proposal } from './model.ts';
import type { Lease } from './ports.ts';
import { nextEffects, transition } from './transition.ts';

/** A change that is worked on under a lease. */
interface Working {
  readonly context: EngineContext;
  readonly id: ProposalId;
  readonly lease: Lease;
  readonly signal: AbortSignal;
}

/** What is stored of a change, and what is due. */
interface Stored {
  readonly proposal: Proposal;
  readonly attempts: readonly Attempt[];
  readonly effects: readonly Effect[];
}

/**
 * Performs a change's effects until a person has to decide again: batch by batch, the hosts of a batch side by side, on
 * each host one effect after the other. Each effect's outcome is stored before the next begins. Which effects are due is
 * `nextEffects`'s decision; a restart goes on at the stored state.
 */
export async function workOnChange(
  context: EngineContext,
  id: ProposalId,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  crashPoint('change.after-lease');
  for (;;) {
    const stored = await load(context, id);
    if (!stored || stored.effects.length === 0 || signal.aborted) return;
    await workOnBatch({ context, id, lease, signal }, stored.effects);
  }
}

/** Works on hosts side by side; an error on one of them, such as a full disk, ends the work here on all of them. */
async function workOnBatch(working: Working, effects: readonly Effect[]): Promise<void> {
  const broken = new AbortController();
  const signal = AbortSignal.any([working.signal, broken.signal]);
  await mapLimit(effects, working.context.timing.hostsAtOnce, async ({ host }) => {
    try {
      await workOnHost({ ...working, signal }, host);
    } catch (error) {
      broken.abort(error);
      throw error;
    }
  });
}

async function workOnHost(working: Working, host: HostName): Promise<void> {
  const { context, id, signal } = working;
  for (;;) {
    const stored = await load(context, id);
    const effect = stored?.effects.find((due) => due.host === host);
    if (!stored || !effect || signal.aborted) return;
    const done = await perform(context, stored, effect, signal);
    if (signal.aborted) return;
    CRASH_BEFORE_OUTCOME[effect.type]();
    await storeDone(working, effect, done);
    CRASH_AFTER_OUTCOME[effect.type]();
  }
}

async function load({ store }: EngineContext, id: ProposalId): Promise<Stored | undefined> {
  const proposal = await store.changes.find(id);
  if (!proposal) return undefined;
  const attempts = await store.changes.attempts(id);
  const effects = nextEffects({ state: proposal.state, attempts, rollout: proposal.plan.rollout });
  return { proposal, attempts, effects };
}

const CRASH_BEFORE_OUTCOME: Readonly<Record<Effect['type'], () => void>> = {
  reread: () => crashPoint('reread.before-intent'),
  apply: () => crashPoint('apply.before-outcome'),
  look: () => crashPoint('look.before-outcome'),
  signal: () => crashPoint('signal.before-outcome'),
  confirm: () => crashPoint('confirm.before-outcome'),
  prove: () => crashPoint('prove.before-outcome'),
  revert: () => crashPoint('revert.before-outcome'),
  undo: () => crashPoint('undo.before-outcome'),
};

const CRASH_AFTER_OUTCOME: Readonly<Record<Effect['type'], () => void>> = {
  reread: () => crashPoint('reread.after-intent'),
  apply: () => crashPoint('apply.after-outcome'),
  look: () => crashPoint('look.after-outcome'),
  signal: () => crashPoint('signal.after-outcome'),
  confirm: () => crashPoint('confirm.after-outcome'),
  prove: () => crashPoint('prove.after-outcome'),
  revert: () => crashPoint('revert.after-outcome'),
  undo: () => crashPoint('undo.after-outcome'),
};

async function storeDone({ context, id, lease }: Working, effect: Effect, { event, patch }: Done): Promise<void> {
  const save = async (what: ChangeEvent, kept: Done['patch']): Promise<void> => {
    const full = { host: effect.host, ...kept };
    const at = context.clock.now();
    await context.store.changes.advance(id, (change) => transition(change, what), full, lease, at);
  };
  try {
    await save(event, patch);
  } catch (error) {
    // Another change began on this host while the facts were read: the store decided, in one transaction.
    if (!(error instanceof OperatorError) || error.code !== 'state/host-busy') throw error;
    const unreadable = { type: 'facts.reread', host: effect.host, result: 'unreadable' } as const;
    await save(unreadable, { detail: `Nothing was changed: ${error.message}.` });
  }
}
