import { crashPoint } from '../base/crash-point.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { ProposalId } from '../base/ids.ts';
import type { Host } from '../inventory/host.ts';
import type { Facts } from '../probes/registry.ts';
import type { HostPlan, Planned, Remedy, Verdict } from '../remedies/remedy.ts';
import { mintGrant, mintUndoGrant } from './approval.ts';
import { planDifference } from './concluding.ts';
import type { EngineContext } from './context.ts';
import { followReceipt, runUnderReceipt } from './following.ts';
import { readFreshFacts } from './fresh-facts.ts';
import type { ApprovalGrant } from './grant.ts';
import type { Attempt, Proposal } from './model.ts';
import type { AttemptPatch, Lease } from './ports.ts';
import { applyCommand, undoCommand, undoReceipt } from './receipt.ts';
import { type ChangeEvent, type Effect, nextEffect, transition } from './transition.ts';

/** What an effect did: the event it became, and what to store beside it. */
interface Done {
  readonly event: ChangeEvent;
  readonly patch: Omit<AttemptPatch, 'host'>;
}

interface Work {
  readonly context: EngineContext;
  readonly proposal: Proposal;
  readonly attempt: Attempt;
  readonly plan: HostPlan;
  readonly host: Host;
  readonly remedy: Remedy;
  readonly signal: AbortSignal;
}

/**
 * Performs a change's effects one after the other until a person has to decide again. Each effect's outcome is stored
 * before the next begins. The order of effects is `nextEffect`'s; a restart goes on at the stored state.
 */
export async function workOnChange(
  context: EngineContext,
  id: ProposalId,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  crashPoint('change.after-lease');
  for (;;) {
    const proposal = await context.store.changes.find(id);
    if (!proposal || signal.aborted) return;
    const attempts = await context.store.changes.attempts(id);
    const effect = nextEffect({ state: proposal.state, attempts });
    if (!effect) return;
    const done = await perform(context, proposal, attempts, effect, signal);
    if (signal.aborted) return;
    CRASH_BEFORE_OUTCOME[effect.type]();
    await storeDone({ context, proposal, effect, lease }, done);
    CRASH_AFTER_OUTCOME[effect.type]();
  }
}

const CRASH_BEFORE_OUTCOME: Readonly<Record<Effect['type'], () => void>> = {
  reread: () => crashPoint('reread.before-intent'),
  apply: () => crashPoint('apply.before-outcome'),
  verify: () => crashPoint('verify.before-outcome'),
  undo: () => crashPoint('undo.before-outcome'),
};

const CRASH_AFTER_OUTCOME: Readonly<Record<Effect['type'], () => void>> = {
  reread: () => crashPoint('reread.after-intent'),
  apply: () => crashPoint('apply.after-outcome'),
  verify: () => crashPoint('verify.after-outcome'),
  undo: () => crashPoint('undo.after-outcome'),
};

interface Storing {
  readonly context: EngineContext;
  readonly proposal: Proposal;
  readonly effect: Effect;
  readonly lease: Lease;
}

async function storeDone({ context, proposal, effect, lease }: Storing, { event, patch }: Done): Promise<void> {
  const save = async (what: ChangeEvent, kept: Done['patch']): Promise<void> => {
    const full = { host: effect.host, ...kept };
    const at = context.clock.now();
    await context.store.changes.advance(proposal.id, (change) => transition(change, what), full, lease, at);
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

async function perform(
  context: EngineContext,
  proposal: Proposal,
  attempts: readonly Attempt[],
  effect: Effect,
  signal: AbortSignal,
): Promise<Done> {
  const attempt = attempts.find((candidate) => candidate.host === effect.host);
  const plan = proposal.plan.hosts.find((candidate) => candidate.host === effect.host);
  if (!attempt || !plan) throw new Error(`${proposal.id} has no attempt for ${effect.host}`);
  const host = context.inventory.host(effect.host);
  const remedy = context.catalogue.remedies.get(proposal.plan.remedy);
  if (!host || !remedy) {
    return cannot(
      effect,
      host
        ? `The remedy ${proposal.plan.remedy} is not known any more.`
        : `${effect.host} is not in the inventory any more.`,
    );
  }
  return EFFECTS[effect.type]({ context, proposal, attempt, plan, host, remedy, signal });
}

const EFFECTS: Readonly<Record<Effect['type'], (work: Work) => Promise<Done>>> = {
  reread,
  apply,
  verify,
  undo,
};

function cannot(effect: Effect, detail: string): Done {
  const { host } = effect;
  switch (effect.type) {
    case 'reread':
      return { event: { type: 'facts.reread', host, result: 'unreadable' }, patch: { detail } };
    case 'apply':
      return { event: { type: 'attempt.reported', host, report: 'unreachable' }, patch: { detail } };
    case 'verify':
      return { event: { type: 'attempt.judged', host, outcome: 'not_proven' }, patch: { detail } };
    case 'undo':
      return { event: { type: 'undo.reported', host, report: 'unreachable' }, patch: { detail } };
  }
}

/** Reads the facts again and plans again: only an equal plan may be applied. */
async function reread({ context, proposal, plan, host, remedy, signal }: Work): Promise<Done> {
  const done = (result: 'same' | 'different' | 'unreadable' | 'too_late', patch: Done['patch']): Done => ({
    event: { type: 'facts.reread', host: host.name, result },
    patch,
  });
  if (proposal.expiresAt <= context.clock.now())
    return done('too_late', { detail: 'The approval expired before this host was reached; nothing was changed.' });
  if (!(await currentGrant(context, proposal)))
    return done('too_late', { detail: 'The approvals do not suffice any more; nothing was changed.' });
  const busy = await context.store.changes.busyHost(host.name, proposal.id);
  if (busy) return done('unreadable', { detail: `Nothing was changed: ${busy} is at work on ${host.name}.` });
  const read = await readFreshFacts(context, host, remedy, signal);
  if (!read.facts) return done('unreadable', { detail: `${read.detail} Nothing was changed.` });
  const now = planAgain(remedy, { host: host.name, facts: read.facts, changeId: proposal.id });
  const difference = planDifference({ kind: 'change', plan }, now);
  if (difference !== undefined)
    return done('different', {
      detail: context.redact(`Not as approved any more: ${difference}. Nothing was changed.`),
    });
  return done('same', { before: read.facts });
}

function planAgain(remedy: Remedy, input: Parameters<Remedy['plan']>[0]): Planned {
  try {
    return remedy.plan(input);
  } catch (error) {
    return { kind: 'refused', reason: `planning again failed, which is a defect of Countersign: ${messageOf(error)}` };
  }
}

/** The grant that the stored approvals give at this moment. */
async function currentGrant(context: EngineContext, proposal: Proposal): Promise<ApprovalGrant | undefined> {
  const { store, policy, clock } = context;
  const approvals = await store.changes.approvals(proposal.id);
  const run = await store.runs.find(proposal.runId);
  const grant = run && mintGrant({ proposal, approvals, runbookVersion: run.runbookVersion }, policy);
  return grant && grant.expiresAt > clock.now() ? grant : undefined;
}

/** Runs the attempt under its receipt; the receipt makes a repetition after a crash harmless. */
async function apply({ context, proposal, attempt, plan, host, signal }: Work): Promise<Done> {
  crashPoint('apply.before-send');
  const grant = await currentGrant(context, proposal);
  const following = { context, host, receipt: attempt.id, signal };
  const answer = grant
    ? await runUnderReceipt(following, applyCommand(attempt.id, plan.actions), grant)
    : await followReceipt(following);
  return {
    event: { type: 'attempt.reported', host: host.name, report: answer.report },
    patch: { detail: answer.detail },
  };
}

/** Waits for the effect, reads again and lets the remedy judge. */
async function verify({ context, attempt, plan, host, remedy, signal }: Work): Promise<Done> {
  await context.clock.sleep(remedy.verify.afterMs, signal).catch(() => {});
  const read = await readFreshFacts(context, host, remedy.verify, signal);
  const verdict = read.facts
    ? judge(remedy, plan, attempt, read.facts)
    : notProven(`It was applied, but could not be proven: ${read.detail}`);
  return {
    event: { type: 'attempt.judged', host: host.name, outcome: verdict.outcome },
    patch: { statements: verdict.statements.map(context.redact) },
  };
}

function judge(remedy: Remedy, plan: HostPlan, attempt: Attempt, facts: Facts): Verdict {
  try {
    return remedy.verify.judge(plan, (attempt.before ?? {}) as Facts, facts);
  } catch (error) {
    return notProven(`It was applied, but could not be judged, a defect of Countersign: ${messageOf(error)}`);
  }
}

function notProven(statement: string): Verdict {
  return { outcome: 'not_proven', statements: [statement] };
}

/** Restores the captured pre-image under a receipt of its own, one for each time people asked. */
async function undo({ context, proposal, attempt, plan, host, signal }: Work): Promise<Done> {
  const requests = await context.store.changes.undoRequests(proposal.id);
  const request = requests.at(-1);
  if (!request) throw new Error(`${proposal.id} is undoing without a request`);
  crashPoint('undo.before-send');
  const grant = mintUndoGrant(proposal, request, context.policy);
  const following = { context, host, receipt: undoReceipt(attempt.id, requests.length), signal };
  const answer =
    grant && grant.expiresAt > context.clock.now()
      ? await runUnderReceipt(following, undoCommand(attempt.id, requests.length, plan.actions), grant)
      : await followReceipt(following);
  return { event: { type: 'undo.reported', host: host.name, report: answer.report }, patch: { detail: answer.detail } };
}
