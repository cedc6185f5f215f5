import { crashPoint } from '../base/crash-point.ts';
import type { HostName, ProposalId } from '../base/ids.ts';
import type { Host } from '../inventory/host.ts';
import type { Facts, ProbeId } from '../probes/registry.ts';
import type { HostPlan, Remedy } from '../remedies/remedy.ts';
import { mintGrant, mintUndoGrant } from './approval.ts';
import { type Question, readAnswer, stepsFor } from './asking.ts';
import { planDifference } from './concluding.ts';
import type { EngineContext } from './context.ts';
import { followReceipt, runUnderReceipt } from './following.ts';
import type { Attempt, Proposal } from './model.ts';
import type { AttemptPatch, Lease } from './ports.ts';
import { applyCommand, undoCommand } from './receipt.ts';
import { type ChangeEvent, type ChangeView, type Effect, nextEffect, transition } from './transition.ts';

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
  for (;;) {
    const proposal = await context.store.changes.find(id);
    if (!proposal || signal.aborted) return;
    const attempts = await context.store.changes.attempts(id);
    const effect = nextEffect({ state: proposal.state, attempts });
    if (!effect) return;
    const { event, patch } = await perform(context, proposal, attempts, effect, signal);
    if (signal.aborted) return;
    await store(context, id, event, { host: effect.host, ...patch }, lease);
    crashPoint(`change.after-${effect.type}`);
  }
}

function store(
  context: EngineContext,
  id: ProposalId,
  event: ChangeEvent,
  patch: AttemptPatch,
  lease: Lease,
): Promise<ChangeView> {
  return context.store.changes.advance(id, (change) => transition(change, event), patch, lease, context.clock.now());
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
  const approvals = await context.store.changes.approvals(proposal.id);
  const grant = mintGrant(proposal, approvals, context.policy);
  if (!grant) return done('too_late', { detail: 'The approvals do not suffice any more; nothing was changed.' });
  if (grant.expiresAt <= context.clock.now())
    return done('too_late', { detail: 'The approval expired before this host was reached; nothing was changed.' });
  const busy = await context.store.changes.busyHost(host.name, proposal.id);
  if (busy) return done('unreadable', { detail: `Change ${busy} is at work on ${host.name}; nothing was changed.` });
  const read = await readFacts(context, host, remedy.needs, signal);
  if (!read.facts) return done('unreadable', { detail: `${read.detail} Nothing was changed.` });
  const now = remedy.plan({ host: host.name, facts: read.facts, changeId: proposal.id });
  const difference = planDifference({ kind: 'change', plan }, now);
  if (difference !== undefined)
    return done('different', { detail: `Not as approved any more: ${difference}. Nothing was changed.` });
  crashPoint('change.before-intent');
  return done('same', { before: read.facts });
}

/** Runs the attempt under its receipt; the receipt makes a repetition after a crash harmless. */
async function apply({ context, proposal, attempt, plan, host, signal }: Work): Promise<Done> {
  const grant = mintGrant(proposal, await context.store.changes.approvals(proposal.id), context.policy);
  const command = applyCommand(attempt.id, plan.actions);
  const answer =
    grant && grant.expiresAt > context.clock.now()
      ? await runUnderReceipt({ context, host, receipt: attempt.id, signal }, command, grant)
      : await followReceipt({ context, host, receipt: attempt.id, signal });
  return {
    event: { type: 'attempt.reported', host: host.name, report: answer.report },
    patch: { detail: answer.detail },
  };
}

/** Waits for the effect, reads again and lets the remedy judge. */
async function verify({ context, attempt, plan, host, remedy, signal }: Work): Promise<Done> {
  const { verify } = remedy;
  await context.clock.sleep(verify.afterMs, signal).catch(() => {});
  const read = await readFacts(context, host, verify.needs, signal);
  if (!read.facts) {
    const detail = `It was applied, but could not be proven: ${read.detail}`;
    return {
      event: { type: 'attempt.judged', host: host.name, outcome: 'not_proven' },
      patch: { detail, statements: [detail] },
    };
  }
  const verdict = verify.judge(plan, factsBefore(attempt), read.facts);
  return {
    event: { type: 'attempt.judged', host: host.name, outcome: verdict.outcome },
    patch: { statements: verdict.statements },
  };
}

/** Restores the captured pre-image under a receipt of its own. */
async function undo({ context, proposal, attempt, plan, host, signal }: Work): Promise<Done> {
  const request = (await context.store.changes.undoRequests(proposal.id)).at(-1);
  if (!request) throw new Error(`${proposal.id} is undoing without a request`);
  const grant = mintUndoGrant(proposal, request, context.policy);
  const command = undoCommand(attempt.id, plan.actions);
  const following = { context, host, receipt: `${attempt.id}.undo`, signal };
  const answer =
    grant.expiresAt > context.clock.now()
      ? await runUnderReceipt(following, command, grant)
      : await followReceipt(following);
  return { event: { type: 'undo.reported', host: host.name, report: answer.report }, patch: { detail: answer.detail } };
}

/** The seconds between samples when facts are read for a change rather than for a run. */
const INTERVAL_SECONDS = 2;

async function readFacts(
  context: EngineContext,
  host: Host,
  needs: readonly ProbeId[],
  signal: AbortSignal,
): Promise<{ facts: Facts; detail?: undefined } | { facts?: undefined; detail: string }> {
  const questions = needs.flatMap((id): Question[] => {
    const probe = context.catalogue.probes.get(id);
    return probe ? [{ probe, intervalSeconds: INTERVAL_SECONDS }] : [];
  });
  const outcome = await context.transport.read(host, stepsFor(host, questions), { signal });
  if (outcome.kind !== 'ok') return { detail: context.redact(outcome.detail) };
  const answer = readAnswer(outcome, questions, context.redact);
  const failed = answer.steps.find((step) => step.problem !== null && REQUIRED_PROBES.has(step.probe));
  return failed ? { detail: `${failed.probe}: ${failed.reason ?? 'no answer'}` } : { facts: answer.facts };
}

/** Facts without which a plan cannot be compared; the others sharpen it when they are there. */
const REQUIRED_PROBES: ReadonlySet<string> = new Set(['sysctl', 'listeners', 'sysctl-files', 'sockets']);

function factsBefore(attempt: Attempt): Facts {
  return (attempt.before ?? {}) as Facts;
}

/** The hosts of a change in the order in which they are worked on. */
export function hostsInOrder(proposal: Proposal): readonly HostName[] {
  return proposal.plan.hosts.map((plan) => plan.host);
}
