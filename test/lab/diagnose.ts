import { expect } from 'vitest';
import type { Finding } from '../../src/rules/rule.ts';
import type { RunView } from '../../src/engine/view.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { LoadRequest, LoadSummary } from '../../src/lab/traffic.ts';
import { withLab } from '../helpers/lab.ts';
import { labProduct } from '../helpers/lab-product.ts';
import { lookAtTimeWait, sleep, type TimeWaitCounts } from './look.ts';

/** The host that has the faults. */
export const SICK = 'web-1';
/** Its neighbour with the same load and no fault: there every rule has to stay silent. */
export const HEALTHY = 'web-2';

/** What is wrong, how much is asked of the hosts, and which runbook looks at it. */
export interface Case {
  readonly faults: readonly string[];
  readonly load: LoadRequest;
  /** How long the load goes on before the run, in seconds. */
  readonly afterSeconds: number;
  readonly runbook: string;
  readonly params?: Record<string, string>;
  /** Runbooks of the test's own, file name to YAML, instead of the packaged ones. */
  readonly runbooks?: Record<string, string>;
}

/** A run and what was seen inside the sick host without the product, before and after it. */
export interface Diagnosis {
  readonly lab: Lab;
  readonly view: RunView;
  readonly before: TimeWaitCounts;
  readonly after: TimeWaitCounts;
  /** What the load came to between the two looks. */
  readonly served: { readonly ok: number; readonly failed: number; readonly seconds: number };
}

/** Runs a runbook on a sick and a healthy host under load, in a lab of its own; the load goes on while `check` looks. */
export async function diagnose(what: Case, check: (diagnosis: Diagnosis) => Promise<void>): Promise<void> {
  await withLab({ webHosts: 2 }, async (lab) => {
    for (const fault of what.faults) await lab.fault(fault, [SICK], 'on');
    await lab.load(what.load);
    await sleep(what.afterSeconds * 1000);
    await using product = labProduct(lab, what.runbooks ? { runbooks: what.runbooks } : {});
    const before = await lookAtTimeWait(lab, SICK);
    const progress = lab.loadProgress();
    const view = await product.run(what.runbook, '@web', what.params ?? {});
    const served = difference(lab.loadProgress(), progress);
    const after = await lookAtTimeWait(lab, SICK);
    expect(view.hosts.map(({ host, outcome }) => [host, outcome])).toEqual([
      [SICK, 'ok'],
      [HEALTHY, 'ok'],
    ]);
    await check({ lab, view, before, after, served });
  });
}

function difference(later: LoadSummary | undefined, earlier: LoadSummary | undefined): Diagnosis['served'] {
  const of = (summary: LoadSummary | undefined) => summary?.hosts[SICK] ?? { ok: 0, failed: 0 };
  return {
    ok: of(later).ok - of(earlier).ok,
    failed: of(later).failed - of(earlier).failed,
    seconds: (later?.seconds ?? 0) - (earlier?.seconds ?? 0),
  };
}

/** Ids of the rules that found something wrong on a host; `ok` and `info` are not wrong. */
export function complaints(view: RunView, host: string): string[] {
  const found = view.findings.flatMap(({ findings }) => findings).filter((one) => one.host === host);
  return found
    .filter(({ finding }) => finding.severity !== 'ok' && finding.severity !== 'info')
    .map(({ finding }) => finding.rule)
    .sort();
}

/** Everything that a finding explains, as one text. */
export function textOf(finding: Pick<Finding, 'title' | 'explanation'> | undefined): string {
  return finding === undefined ? '' : [finding.title, ...finding.explanation].join('\n');
}

/** The sum of the evidence whose label matches; NaN when none does. */
export function numberOf(finding: Pick<Finding, 'evidence'> | undefined, label: RegExp): number {
  const values = (finding?.evidence ?? []).filter((one) => label.test(one.label)).map(({ value }) => Number(value));
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0);
}

/** The `file:line` places of a finding's evidence. */
export function placesOf(finding: Pick<Finding, 'evidence'> | undefined): string[] {
  return (finding?.evidence ?? []).map(({ source }) => source).filter((source) => /^\/\S+:\d+$/.test(source));
}

/** That a number lies between a look before and a look after; with some room, because the run reads in between. */
export function expectBetween(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}
