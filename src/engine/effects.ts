import { crashPoint } from '../base/crash-point.ts';
import { messageOf } from '../base/error.ts';
import type { Host } from '../inventory/host.ts';
import type { Facts } from '../probes/registry.ts';
import type { HostPlan, Planned, Proof, Remedy, Verdict } from '../remedies/remedy.ts';
import type { ChangeEvent, Effect } from './change.ts';
import type { EngineContext } from './context.ts';
import { confirmOnHost } from './confirming.ts';
import { type Followed, followReceipt, runUnderReceipt } from './following.ts';
import { readFreshFacts, type Wanted } from './fresh-facts.ts';
import { currentGrant, type GrantOrLack, obstacleTo, settlingGrant, undoGrant } from './grants.ts';
import type { Attempt, Proposal } from './model.ts';
import { planDifference } from './plan-difference.ts';
import type { AttemptPatch } from './ports.ts';
import { applyCommand, autoUndoReceipt, undoCommand, undoReceipt } from './receipt.ts';
import { takenBackSentence } from './taken-back.ts';

/** What an effect did: the event it became, and what to store beside it. */
export interface Done {
  readonly event: ChangeEvent;
  readonly patch: Omit<AttemptPatch, 'host'>;
}

/** A change and the attempt on the host of an effect. */
interface Work {
  readonly context: EngineContext;
  readonly proposal: Proposal;
  readonly attempt: Attempt;
  readonly plan: HostPlan;
  readonly host: Host;
  readonly remedy: Remedy;
  readonly signal: AbortSignal;
}

/** Performs one effect. What a host does or does not is its outcome, never an error. */
export async function perform(
  context: EngineContext,
  { proposal, attempts }: { readonly proposal: Proposal; readonly attempts: readonly Attempt[] },
  effect: Effect,
  signal: AbortSignal,
): Promise<Done> {
  const attempt = attempts.find((candidate) => candidate.host === effect.host);
  const plan = proposal.plan.hosts.find((candidate) => candidate.host === effect.host);
  if (!attempt || !plan) throw new Error(`${proposal.id} has no attempt for ${effect.host}`);
  const host = context.inventory.host(effect.host);
  const remedy = context.catalogue.remedies.get(proposal.plan.remedy);
  if (!host) return cannot(effect, `${effect.host} is not in the inventory any more.`);
  if (!remedy) return cannot(effect, `The remedy ${proposal.plan.remedy} is not known any more.`);
  return EFFECTS[effect.type]({ context, proposal, attempt, plan, host, remedy, signal });
}

const EFFECTS: Readonly<Record<Effect['type'], (work: Work) => Promise<Done>>> = {
  reread,
  apply,
  look,
  signal: takeSignal,
  confirm,
  prove,
  revert,
  undo,
};

function cannot({ type, host }: Effect, detail: string): Done {
  const patch = { detail };
  switch (type) {
    case 'reread':
      return { event: { type: 'facts.reread', host, result: 'unreadable' }, patch };
    case 'apply':
      return { event: { type: 'attempt.reported', host, report: 'unreachable' }, patch };
    case 'look':
      return { event: { type: 'attempt.looked', host, report: 'unreachable' }, patch };
    case 'signal':
      return { event: { type: 'attempt.signalled', host, outcome: 'unjudged' }, patch };
    case 'confirm':
      return { event: { type: 'attempt.confirmed', host, report: 'unreachable' }, patch };
    case 'prove':
      return { event: { type: 'attempt.judged', host, outcome: 'not_proven' }, patch };
    case 'revert':
      return { event: { type: 'attempt.reverted', host, report: 'unreachable' }, patch };
    case 'undo':
      return { event: { type: 'undo.reported', host, report: 'unreachable' }, patch };
  }
}

/** Reads the facts again and plans again: only an equal plan may be applied. The proof compares with these facts. */
async function reread({ context, proposal, plan, host, remedy, signal }: Work): Promise<Done> {
  const done = (result: 'same' | 'different' | 'unreadable' | 'too_late', patch: Done['patch']): Done => ({
    event: { type: 'facts.reread', host: host.name, result },
    patch,
  });
  const obstacle = await obstacleTo(context, proposal);
  if (obstacle !== undefined) return done('too_late', { detail: `${obstacle} Nothing was changed.` });
  const busy = await context.store.changes.busyHost(host.name, proposal.id);
  if (busy) return done('unreadable', { detail: `Nothing was changed: ${busy} is at work on ${host.name}.` });
  const read = await readFreshFacts(context, host, wantedBefore(remedy), signal);
  if (!read.facts) return done('unreadable', { detail: `${read.detail} Nothing was changed.` });
  const input = { host: host.name, facts: read.facts, changeId: proposal.id, approved: plan };
  const difference = planDifference({ kind: 'change', plan }, planAgain(remedy, input));
  if (difference !== undefined)
    return done('different', {
      detail: context.redact(`Not as approved any more: ${difference}. Nothing was changed.`),
    });
  return done('same', { before: read.facts });
}

/** What is read before a change: what its plan rests on, and what its proofs compare with. */
function wantedBefore({ needs, uses = [], proofs }: Remedy): Wanted {
  const looks = proofs.flatMap((proof) => (proof ? [proof] : []));
  const intervals = looks.flatMap(({ intervalSeconds }) => (intervalSeconds === undefined ? [] : [intervalSeconds]));
  return {
    needs: [...needs, ...looks.flatMap((proof) => proof.needs)],
    uses: [...uses, ...looks.flatMap((proof) => proof.uses ?? [])],
    ...(intervals.length === 0 ? {} : { intervalSeconds: Math.max(...intervals) }),
  };
}

function planAgain(remedy: Remedy, input: Parameters<Remedy['plan']>[0]): Planned {
  try {
    return remedy.plan(input);
  } catch (error) {
    return { kind: 'refused', reason: `planning again failed, which is a defect of Countersign: ${messageOf(error)}` };
  }
}

/** Runs the attempt under its receipt; the receipt makes a repetition after a crash harmless. */
async function apply({ context, proposal, attempt, plan, host, signal }: Work): Promise<Done> {
  crashPoint('apply.before-send');
  const grant = await currentGrant(context, proposal);
  const following = { context, host, receipt: attempt.id, act: 'change', signal } as const;
  const { confirmWithinSeconds } = proposal.plan.rollout;
  const answer = grant
    ? await runUnderReceipt(following, applyCommand(attempt.id, plan.actions, { confirmWithinSeconds }), grant)
    : await followReceipt(following);
  return {
    event: { type: 'attempt.reported', host: host.name, report: answer.report },
    patch: { detail: answer.detail },
  };
}

/** Asks the receipt of an attempt whose outcome was not known; starts nothing. */
async function look({ context, attempt, host, signal }: Work): Promise<Done> {
  const answer = await followReceipt({ context, host, receipt: attempt.id, act: 'change', signal });
  return {
    event: { type: 'attempt.looked', host: host.name, report: answer.report },
    patch: { detail: answer.detail },
  };
}

/** Takes the fast look at the effect. */
async function takeSignal(work: Work): Promise<Done> {
  const [fast] = work.remedy.proofs;
  const { outcome, statements } = await takeProof(work, fast);
  return {
    event: { type: 'attempt.signalled', host: work.host.name, outcome },
    patch: { statements, ...(outcome === 'unjudged' ? { detail: 'It was not confirmed.' } : {}) },
  };
}

/** Takes the slow look, beside what the fast one saw. */
async function prove(work: Work): Promise<Done> {
  const [, slow] = work.remedy.proofs;
  const verdict = slow ? await takeProof(work, slow) : unjudged('It has no slow proof any more.');
  return {
    event: {
      type: 'attempt.judged',
      host: work.host.name,
      outcome: verdict.outcome === 'unjudged' ? 'not_proven' : verdict.outcome,
    },
    patch: { statements: [...work.attempt.statements, ...verdict.statements] },
  };
}

/** A verdict, or the reason why there is none. */
interface Look extends Pick<Verdict, 'statements'> {
  readonly outcome: Verdict['outcome'] | 'unjudged';
}

/** Waits for the effect, reads again and lets the remedy judge. */
async function takeProof({ context, attempt, plan, host, signal }: Work, proof: Proof): Promise<Look> {
  const { clock } = context;
  const due = (attempt.appliedAt ?? clock.now()) + proof.afterMs;
  const waitMs = Math.min(Math.max(due - clock.now(), 0), proof.afterMs);
  await clock.sleep(waitMs, signal).catch(() => {});
  const read = await readFreshFacts(context, host, proof, signal);
  if (!read.facts) return unjudged(context.redact(`It was applied, but could not be proven: ${read.detail}`));
  try {
    const { outcome, statements } = proof.judge(plan, (attempt.before ?? {}) as Facts, read.facts);
    return { outcome, statements: statements.map(context.redact) };
  } catch (error) {
    return unjudged(`It was applied, but could not be judged, a defect of Countersign: ${messageOf(error)}`);
  }
}

function unjudged(statement: string): Look {
  return { outcome: 'unjudged', statements: [statement] };
}

/** Tells the host to keep the change; until then it undoes it by itself. */
async function confirm({ context, proposal, attempt, host, signal }: Work): Promise<Done> {
  crashPoint('confirm.before-send');
  const granted = await settlingGrant(context, proposal);
  const answer = await confirmOnHost({ context, host, signal }, attempt.id, granted);
  return {
    event: { type: 'attempt.confirmed', host: host.name, report: answer.report },
    patch: { detail: answer.detail },
  };
}

/** Takes a change back that did harm, or that missed its prediction where the policy wants it; people approved that with it. */
async function revert(work: Work): Promise<Done> {
  const { context, proposal, attempt, host } = work;
  crashPoint('revert.before-send');
  const granted = await settlingGrant(context, proposal);
  const { report, detail } = await takeBack(work, { receipt: autoUndoReceipt(attempt.id), granted, wasApplied: true });
  return {
    event: { type: 'attempt.reverted', host: host.name, report },
    patch: { detail: takenBackSentence(attempt.state, report, detail) },
  };
}

/** Restores the captured pre-image under a receipt of its own, one for each time people asked. */
async function undo(work: Work): Promise<Done> {
  const { context, proposal, attempt, host } = work;
  const requests = await context.store.changes.undoRequests(proposal.id);
  const request = requests.at(-1);
  if (!request) throw new Error(`${proposal.id} is undoing without a request`);
  crashPoint('undo.before-send');
  const granted = await undoGrant(context, proposal, request);
  const receipt = undoReceipt(attempt.id, requests.length);
  const { report, detail } = await takeBack(work, { receipt, granted, wasApplied: attempt.appliedAt !== null });
  return { event: { type: 'undo.reported', host: host.name, report }, patch: { detail } };
}

/** What a change is taken back by. */
interface TakingBack {
  readonly receipt: string;
  readonly granted: GrantOrLack;
  readonly wasApplied: boolean;
}

/** Sends what takes a change back; without a grant, asks only what became of it if it was sent before. */
async function takeBack(
  { context, plan, host, signal }: Work,
  { receipt, granted, wasApplied }: TakingBack,
): Promise<Followed> {
  const following = { context, host, receipt, act: 'undo', signal } as const;
  if ('grant' in granted)
    return runUnderReceipt(following, undoCommand(receipt, plan.actions, { wasApplied }), granted.grant);
  const { report, detail } = await followReceipt(following);
  return { report, detail: report === 'done' ? detail : `It was not sent now: ${granted.lacking}. ${detail}` };
}
