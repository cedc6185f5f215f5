import { messageOf } from '../base/error.ts';
import type { HostName } from '../base/ids.ts';
import type { Facts } from '../probes/registry.ts';
import { evaluateRules } from '../rules/evaluate.ts';
import { type ParamValues, type Runbook, type RuleUse, numberOf } from '../runbook/runbook.ts';
import type { EngineContext } from './context.ts';
import type { FactRecord, HostFinding, NotConcluded, Run, RunHost } from './model.ts';
import { type PlannedOffer, planOffer } from './offering.ts';
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
    conclusion = judge(context, run, runbook, { facts, hosts });
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

/** What a run is judged from. */
interface Answers {
  readonly facts: ReadonlyMap<HostName, Facts>;
  readonly hosts: readonly RunHost[];
}

function judge(context: EngineContext, run: Run, runbook: Runbook, { facts, hosts }: Answers): Conclusion {
  const at = context.clock.now();
  const findings: HostFinding[] = [];
  const notConcluded: NotConcluded[] = [];
  const rules = runbook.rules.map((use) => withThresholds(use, run.params));
  for (const [host, known] of facts) {
    const judged = evaluateRules({ host, facts: known, at, rules });
    findings.push(...judged.findings.map((finding) => ({ host, finding })));
    notConcluded.push(...judged.notConcluded.map(({ rule, because }) => ({ host, rule, because })));
  }
  const planned: PlannedOffer[] = [];
  for (const offer of runbook.offers) {
    const earlier = planned.flatMap(({ proposal }) => (proposal ? [proposal.proposal] : []));
    planned.push(planOffer({ context, run, offer, earlier, facts, asked: hosts, findings, at }));
  }
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
