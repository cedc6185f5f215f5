import { count, formatNumber } from '../base/format.ts';
import { asAttemptId, asProposalId, type HostName, type ProposalId } from '../base/ids.ts';
import type { Facts } from '../probes/registry.ts';
import type { HostPlan, Planned } from '../remedies/remedy.ts';
import type { Finding } from '../rules/rule.ts';
import type { Offer } from '../runbook/runbook.ts';
import { proposalDigest } from './approval.ts';
import type { EngineContext } from './context.ts';
import type { Attempt, ChangePlan, HostFinding, LeftHost, NotConcluded, Proposal, Run, RunHost } from './model.ts';
import type { ChangeTerms } from './policy/terms.ts';
import type { Conclusion } from './ports.ts';
import { fitOneCommand } from './receipt/action-words.ts';
import { batchesOf, leastConfirmWithinMs } from './rollout.ts';

/** An offer of the runbook, and what is known when it is considered. */
interface OfferInput {
  readonly context: EngineContext;
  readonly run: Run;
  readonly offer: Offer;
  /** What was proposed before, in this run. */
  readonly earlier: readonly Proposal[];
  readonly facts: ReadonlyMap<HostName, Facts>;
  readonly asked: readonly RunHost[];
  readonly findings: readonly HostFinding[];
  readonly at: number;
}

/** The proposal that an offer became, or why there is none. */
export interface PlannedOffer {
  readonly proposal: Conclusion['proposals'][number] | undefined;
  readonly reasons: readonly NotConcluded[];
}

/** Plans an offer on the hosts whose findings call for it, under the terms of the policy. */
export function planOffer(input: OfferInput): PlannedOffer {
  const { run, offer, earlier } = input;
  const number = earlier.length + 1;
  const id = asProposalId(`${run.id}-${number}`);
  const outcomes = plansByHost(input, id);
  const plans = outcomes.flatMap(({ planned }) => (planned.kind === 'change' ? [planned.plan] : []));
  const left = outcomes.flatMap(({ host, planned }) => leftHost(host, planned));
  if (plans.length === 0) return withoutProposal(offer, left);
  const terms = input.context.policy.terms({
    runbook: run.runbook,
    remedy: offer.remedy.id,
    risk: offer.remedy.risk,
    hosts: plans.map(({ host }) => host),
  });
  const tooFew = belowFloor(input, terms.coverage);
  if (tooFew !== undefined) {
    const reasons = plans.map(({ host }) => ({ host, rule: offer.remedy.title, because: tooFew }));
    return { proposal: undefined, reasons };
  }
  return { proposal: proposed(input, { id, number }, terms, { plans, left }), reasons: [] };
}

function plansByHost(input: OfferInput, id: ProposalId): { host: HostName; planned: Planned }[] {
  const { facts, findings, offer } = input;
  const calling = [...facts].filter(([host]) =>
    findings.some((found) => found.host === host && callsFor(offer, found.finding)),
  );
  return calling.map(([host, known]) => ({
    host,
    planned: givenWay(input, host) ?? sendable(offer.remedy.plan({ host, facts: known, changeId: id })),
  }));
}

/** A change that could never be sent is not put before people. */
function sendable(planned: Planned): Planned {
  if (planned.kind !== 'change' || fitOneCommand(planned.plan.actions)) return planned;
  const reason =
    'It changes more places than one command to a host can carry. Make a part of it by hand, then run again for the rest.';
  return { kind: 'refused', reason };
}

/** Nothing is planned beside an earlier proposal that goes to the root of the same findings. */
function givenWay({ offer, earlier }: OfferInput, host: HostName): Planned | undefined {
  const better = earlier.find(
    ({ plan }) => offer.unless.includes(plan.remedy) && plan.hosts.some((planned) => planned.host === host),
  );
  return (
    better && {
      kind: 'nothing',
      reason: `Proposal ${better.id} goes to the root of it (${better.plan.title}); run again if that does not suffice.`,
    }
  );
}

function callsFor(offer: Offer, finding: Finding): boolean {
  return offer.rules.includes(finding.rule) && (finding.severity === 'critical' || finding.severity === 'warning');
}

function leftHost(host: HostName, planned: Planned): LeftHost[] {
  if (planned.kind === 'change') return [];
  const { kind, reason } = planned;
  return [planned.kind === 'advice' ? { host, kind, reason, text: planned.text } : { host, kind, reason }];
}

function withoutProposal({ remedy }: Offer, left: readonly LeftHost[]): PlannedOffer {
  const reasons = left.map(({ host, reason, text }) => ({
    host,
    rule: remedy.title,
    because: text === undefined ? reason : `${reason}\n${text}`,
  }));
  return { proposal: undefined, reasons };
}

/** Too few answers say too little of the group: a fix is not offered from them. */
function belowFloor({ asked }: OfferInput, floor: number): string | undefined {
  const answered = asked.filter(({ outcome }) => outcome === 'ok').length;
  if (answered >= asked.length * floor) return undefined;
  return `only ${formatNumber(answered)} of ${count(asked.length, 'host')} answered; a fix is offered from ${formatNumber(floor * 100)} % on`;
}

function proposed(
  { context, run, offer, at }: OfferInput,
  { id, number }: Pick<Proposal, 'id' | 'number'>,
  terms: ChangeTerms,
  { plans, left }: { readonly plans: readonly HostPlan[]; readonly left: readonly LeftHost[] },
): Conclusion['proposals'][number] {
  const { remedy } = offer;
  const [, slow] = remedy.proofs;
  const confirmWithinMs = Math.max(terms.confirmWithinMs, leastConfirmWithinMs(remedy));
  const plan: ChangePlan = {
    runbook: run.runbook,
    remedy: remedy.id,
    title: remedy.title,
    risk: remedy.risk,
    hosts: plans,
    rollout: {
      batches: batchesOf(
        plans.map(({ host }) => host),
        terms.batches,
      ),
      confirmWithinSeconds: Math.ceil(confirmWithinMs / 1000),
      unproven: terms.unproven,
      slowProof: slow !== undefined,
    },
    typed: [
      ...(terms.typed ? ['the policy asks for it'] : []),
      ...new Set(plans.flatMap(({ confirm = [] }) => confirm)),
    ],
    left,
  };
  const proposal: Proposal = {
    id,
    runId: run.id,
    number,
    plan,
    digest: proposalDigest(id, plan, run.runbookVersion),
    requester: run.requester,
    neededApprovals: terms.approvals,
    state: 'open',
    detail: null,
    createdAt: at,
    expiresAt: at + terms.expireAfterMs,
  };
  return { proposal, attempts: plans.map(({ host }) => newAttempt(context, proposal, host)) };
}

function newAttempt(context: EngineContext, proposal: Proposal, host: HostName): Attempt {
  return {
    id: asAttemptId(`${proposal.id}-${host}-${context.ids.nonce().slice(0, 12)}`),
    proposal: proposal.id,
    host,
    state: 'pending',
    detail: null,
    before: null,
    statements: [],
    updatedAt: proposal.createdAt,
    appliedAt: null,
  };
}
