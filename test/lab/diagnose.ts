import { afterAll, beforeAll, expect } from 'vitest';
import type { RunView } from '../../src/engine/view.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { waitUntil } from '../../src/lab/process.ts';
import type { LoadRequest, LoadSummary } from '../../src/lab/traffic.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { startTestLab } from '../helpers/lab.ts';
import { findingOf, labProduct } from '../helpers/lab-product.ts';
import { lookAtTimeWait, sleep, type TimeWaitCounts } from './look.ts';

/** What is wrong with which host, how much is asked of all of them, and which runbook looks at them. */
export interface Scene {
  /** Hosts are web-1, web-2 and so on, in this order; an empty list is a healthy host. */
  readonly hosts: readonly (readonly string[])[];
  readonly load: LoadRequest;
  /** What no fault of the lab does, once the faults are there and before the load. */
  readonly prepare?: (lab: Lab) => Promise<void>;
  /** How long the load goes on before the run, in seconds. */
  readonly afterSeconds: number;
  /** What the run waits for besides, half a minute at most. */
  readonly until?: (lab: Lab) => Promise<boolean>;
  readonly runbook: string;
  readonly params?: Record<string, string>;
  /** Runbooks of the test's own, file name to YAML, instead of the packaged ones. */
  readonly runbooks?: Record<string, string>;
}

/** What one run said about a host, and what was seen inside the host without the product, before and after the run. */
export interface Diagnosis {
  readonly lab: Lab;
  readonly host: string;
  readonly view: RunView;
  readonly before: TimeWaitCounts;
  readonly after: TimeWaitCounts;
  /** Requests per second that the load counted as answered well meanwhile. */
  readonly requestsPerSecond: number;
  readonly failedRequests: number;
  finding(rule: string): Finding | undefined;
  /** Ids of the rules that found something wrong; `ok` and `info` are not wrong. */
  readonly complaints: readonly string[];
  /** Ids of the rules that said anything at all. */
  readonly concluded: readonly string[];
}

/**
 * One lab and one run of the product over its hosts under load, for all tests of the surrounding `describe`; the load goes on
 * while they look. Answers what is known of the host at a place in the list, from 0.
 */
export function diagnosed(scene: Scene): (place: number) => Diagnosis {
  let lab: Lab | undefined;
  let found: readonly Diagnosis[] = [];
  beforeAll(async () => {
    lab = await startTestLab({ webHosts: scene.hosts.length });
    found = await play(lab, scene);
  });
  afterAll(async () => {
    await lab?.down();
  });
  return (place) => {
    const diagnosis = found[place];
    if (diagnosis === undefined) throw new Error(`the run did not come to host ${place + 1}`);
    return diagnosis;
  };
}

async function play(lab: Lab, scene: Scene): Promise<Diagnosis[]> {
  const names = scene.hosts.map((_, index) => `web-${index + 1}`);
  const look = () => Promise.all(names.map((name) => lookAtTimeWait(lab, name)));
  for (const [index, faults] of scene.hosts.entries()) {
    for (const fault of faults) await lab.fault(fault, [`web-${index + 1}`], 'on');
  }
  await scene.prepare?.(lab);
  await lab.load(scene.load);
  await sleep(scene.afterSeconds * 1000);
  if (scene.until) await waitUntil(systemClock, 30_000, () => scene.until?.(lab) ?? true);
  await using product = labProduct(lab, scene.runbooks ? { runbooks: scene.runbooks } : {});
  const before = await look();
  const earlier = lab.loadProgress();
  const view = await product.run(scene.runbook, '@web', scene.params ?? {});
  const later = lab.loadProgress();
  const after = await look();
  expect(view.hosts.map(({ host, outcome }) => [host, outcome])).toEqual(names.map((name) => [name, 'ok']));
  return names.map((host, index) => {
    const on = view.findings.flatMap(({ findings }) => findings).filter((one) => one.host === host);
    const wrong = on.filter(({ finding }) => finding.severity !== 'ok' && finding.severity !== 'info');
    return {
      lab,
      host,
      view,
      before: before[index] ?? NOTHING,
      after: after[index] ?? NOTHING,
      ...served(host, earlier, later),
      finding: (rule) => findingOf(view, rule, host),
      complaints: wrong.map(({ finding }) => finding.rule).sort(),
      concluded: on.map(({ finding }) => finding.rule).sort(),
    };
  });
}

const NOTHING: TimeWaitCounts = { total: Number.NaN, backendClosed: 0, nginxClosed: 0, clientsClosed: 0 };

function served(host: string, earlier: LoadSummary | undefined, later: LoadSummary | undefined) {
  const of = (summary: LoadSummary | undefined) => summary?.hosts[host] ?? { ok: Number.NaN, failed: Number.NaN };
  const seconds = (later?.seconds ?? 0) - (earlier?.seconds ?? 0);
  return {
    requestsPerSecond: (of(later).ok - of(earlier).ok) / seconds,
    failedRequests: of(later).failed - of(earlier).failed,
  };
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

/** That a number is at least and at most these; NaN is neither. */
export function expectBetween(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}

/** That a rate is one that the load itself counted, over a somewhat different time. */
export function expectLike(perSecond: number, counted: number): void {
  expectBetween(perSecond, 0.7 * counted, 1.3 * counted);
}
