import { formatNumber } from '../../base/format.ts';
import { atLeast } from '../nginx-edit/host.ts';
import { placeText } from '../nginx-edit/placed.ts';
import { sharedPlaces } from './confirm.ts';
import { idleRisks } from './idle.ts';
import { unplannable } from './leftover.ts';
import { locationText } from './passing.ts';
import { bystanders } from './reuse.ts';
import type { Situation } from './situation.ts';
import { surroundingsOf, type UnitPlan } from './unit.ts';

/** What may go wrong, and what stays as it is. */
export function risksOf(
  situation: Situation,
  plans: readonly UnitPlan[],
  ready: readonly UnitPlan[],
): readonly string[] {
  const pooled = new Set(ready.flatMap(({ unit }) => unit.passings));
  const kept = plans.flatMap((plan) =>
    plan.edits.length > 0 && plan.kept !== null ? [`"${plan.unit.name}" is left out: ${plan.kept}.`] : [],
  );
  return [
    ...idleTimeouts(situation, ready),
    ...poolCost(situation, ready),
    ...sharedPlaces(situation, ready),
    ...new Set(ready.flatMap(({ notes }) => notes)),
    ...bystanders(surroundingsOf(situation, (passing) => pooled.has(passing))).map(
      (passing) =>
        `${placeText(passing.pass)}: ${locationText(passing)} has no pool and gets the same headers, so nginx closes its connections first from then on.`,
    ),
    ...kept,
    ...unplannable(situation, plans),
    'Workers that serve long requests or WebSockets keep the old configuration until these end.',
  ];
}

/** A request that meets a connection the backend is just closing is lost, unless it may be repeated. */
function idleTimeouts({ input, nginx }: Situation, ready: readonly UnitPlan[]): readonly string[] {
  if (!atLeast(nginx.version, 1, 15, 3)) {
    return [
      `nginx ${nginx.version.text} has no keepalive_timeout for upstreams (1.15.3): a request that meets a connection which the backend is closing gets a 502 unless it may be repeated.`,
    ];
  }
  const byTimeout = new Map<string, UnitPlan[]>();
  for (const plan of ready) {
    if (plan.timeout !== null) byTimeout.set(plan.timeout, [...(byTimeout.get(plan.timeout) ?? []), plan]);
  }
  return [...byTimeout].flatMap(([timeout, plans]) =>
    idleRisks(
      input.facts,
      plans.flatMap(({ unit }) => unit.backends),
      timeout,
    ),
  );
}

function poolCost({ nginx }: Situation, ready: readonly UnitPlan[]): readonly string[] {
  const largest = Math.max(0, ...ready.map(({ size }) => size ?? 0));
  if (largest === 0) return [];
  const workers = Math.max(1, nginx.master.workers);
  return [
    `Each pool keeps up to ${formatNumber(largest * workers)} idle connections (${formatNumber(workers)} x ${formatNumber(largest)}) open; a backend with one thread per connection needs as many more.`,
  ];
}
