import { canonicalJson } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { asAttemptId, asProposalId, type HostName } from '../base/ids.ts';
import type { Facts } from '../probes/registry.ts';
import type { Planned } from '../remedies/remedy.ts';
import { evaluateRules } from '../rules/evaluate.ts';
import type { Finding } from '../rules/rule.ts';
import { type Offer, type ParamValues, type Runbook, type RuleUse, numberOf } from '../runbook/runbook.ts';
import { proposalDigest } from './approval.ts';
import type { EngineContext } from './context.ts';
import type { Attempt, ChangePlan, FactRecord, HostFinding, NotConcluded, Proposal, Run } from './model.ts';
import type { Conclusion, Lease } from './ports.ts';

/**
 * Judges a run's stored facts, plans what the runbook offers, and stores both in one step. A host that answered without
 * giving a fact is judged too, so that it is named. A defect in a rule or remedy ends the run with words.
 */
export async function conclude(context: EngineContext, run: Run, runbook: Runbook, lease: Lease): Promise<void> {
  const hosts = await context.store.runs.hosts(run.id);
  const known = factsByHost(await context.store.runs.facts(run.id));
  const facts = new Map(
    hosts.flatMap(({ host, outcome }): [HostName, Facts][] => {
      const given = known.get(host);
      return given || outcome === 'ok' ? [[host, given ?? {}]] : [];
    }),
  );
  let conclusion: Conclusion;
  try {
    conclusion = judge(context, run, runbook, facts);
  } catch (error) {
    context.logger.error('a run could not be judged', { run: run.id, error: messageOf(error) });
    const detail = `The answers could not be judged, which is a defect of Countersign: ${context.redact(messageOf(error))}`;
    await failRun(context, run, detail);
    return;
  }
  await context.store.runs.conclude(run.id, conclusion, lease);
}

/** Ends a run that cannot go on, with the reason. */
export async function failRun(context: EngineContext, run: Run, detail: string): Promise<void> {
  await context.store.runs.end(run.id, 'failed', detail, {
    event: 'run.failed',
    actor: 'countersign',
    surface: 'engine',
    subject: `run:${run.id}`,
    at: context.clock.now(),
    body: { detail },
  });
}

function judge(context: EngineContext, run: Run, runbook: Runbook, facts: ReadonlyMap<HostName, Facts>): Conclusion {
  const at = context.clock.now();
  const findings: HostFinding[] = [];
  const notConcluded: NotConcluded[] = [];
  const rules = runbook.rules.map((use) => withThresholds(use, run.params));
  for (const [host, known] of facts) {
    const judged = evaluateRules({ host, facts: known, at, rules });
    findings.push(...judged.findings.map((finding) => ({ host, finding })));
    notConcluded.push(...judged.notConcluded.map(({ rule, because }) => ({ host, rule, because })));
  }
  const planned = runbook.offers.map((offer, index) =>
    planOffer({ context, run, offer, number: index + 1, facts, findings, at }),
  );
  return {
    findings,
    notConcluded: [...notConcluded, ...planned.flatMap(({ reasons }) => reasons)],
    proposals: planned.flatMap(({ proposal }) => (proposal ? [proposal] : [])),
    at,
  };
}

/** The stored facts, by host in the order in which they answered. */
export function factsByHost(records: readonly FactRecord[]): Map<HostName, Facts> {
  const byHost = new Map<HostName, Record<string, unknown>>();
  for (const { host, probe, fact } of records) byHost.set(host, { ...byHost.get(host), [probe]: fact });
  return new Map([...byHost].map(([host, facts]) => [host, facts as Facts]));
}

function withThresholds({ rule, thresholds }: RuleUse, params: ParamValues) {
  const values = Object.entries(rule.thresholds).map(([name, threshold]): [string, number] => {
    const given = thresholds[name];
    return [name, given === undefined ? threshold.default : numberOf(given, params)];
  });
  return { rule, thresholds: Object.fromEntries(values) };
}

interface OfferInput {
  readonly context: EngineContext;
  readonly run: Run;
  readonly offer: Offer;
  readonly number: number;
  readonly facts: ReadonlyMap<HostName, Facts>;
  readonly findings: readonly HostFinding[];
  readonly at: number;
}

interface PlannedOffer {
  readonly proposal: Conclusion['proposals'][number] | undefined;
  readonly reasons: readonly NotConcluded[];
}

function planOffer(input: OfferInput): PlannedOffer {
  const { context, run, offer, number, facts, findings } = input;
  const { remedy } = offer;
  const id = asProposalId(`${run.id}-${number}`);
  const asked = [...facts].filter(([host]) =>
    findings.some((found) => found.host === host && callsFor(offer, found.finding)),
  );
  const outcomes = asked.map(([host, known]) => ({ host, planned: remedy.plan({ host, facts: known, changeId: id }) }));
  const plans = outcomes.flatMap(({ planned }) => (planned.kind === 'change' ? [planned.plan] : []));
  const left = outcomes.flatMap(({ host, planned }) =>
    planned.kind === 'change' ? [] : [{ host, kind: planned.kind, reason: planned.reason }],
  );
  if (plans.length === 0)
    return {
      proposal: undefined,
      reasons: left.map(({ host, reason }) => ({ host, rule: remedy.title, because: reason })),
    };
  const plan: ChangePlan = { remedy: remedy.id, title: remedy.title, risk: remedy.risk, hosts: plans, left };
  const proposal: Proposal = {
    id,
    runId: run.id,
    number,
    plan,
    digest: proposalDigest(id, plan, run.runbookVersion),
    requester: run.requester,
    neededApprovals: 1,
    state: 'open',
    detail: null,
    createdAt: input.at,
    expiresAt: input.at + context.timing.proposalTtlMs,
  };
  return {
    proposal: { proposal, attempts: plans.map(({ host }) => newAttempt(context, proposal, host)) },
    reasons: [],
  };
}

function callsFor(offer: Offer, finding: Finding): boolean {
  return offer.rules.includes(finding.rule) && (finding.severity === 'critical' || finding.severity === 'warning');
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
  };
}

/** Whether two plans of one host ask for different things, in words; undefined = they are the same. */
export function planDifference(approved: Planned, now: Planned): string | undefined {
  if (now.kind !== 'change') return now.reason;
  if (approved.kind !== 'change') return approved.reason;
  const before = approved.plan.basis;
  const changed = Object.keys({ ...before, ...now.plan.basis }).filter(
    (key) => canonicalJson(before[key] ?? null) !== canonicalJson(now.plan.basis[key] ?? null),
  );
  if (changed.length > 0)
    return changed
      .map((key) => `${key}: ${show(before[key])} when approved, ${show(now.plan.basis[key])} now`)
      .join('; ');
  return canonicalJson(approved.plan.actions) === canonicalJson(now.plan.actions)
    ? undefined
    : 'the planned change would be another one now';
}

function show(value: unknown): string {
  return value === undefined || value === '' || value === null
    ? 'empty'
    : typeof value === 'string'
      ? `"${value}"`
      : JSON.stringify(value);
}
