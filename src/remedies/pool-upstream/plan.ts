import { formatNumber, list } from '../../base/format.ts';
import { formatEndpoint } from '../../probes/endpoint.ts';
import { editActions, editsText, loadAction } from '../nginx-edit/actions.ts';
import { atLeast, editableNginx, nginxText, refused } from '../nginx-edit/host.ts';
import type { HostPlan, PlanInput, Planned } from '../remedy.ts';
import { confirmations } from './confirm.ts';
import { nothingToDo, unplannable } from './leftover.ts';
import { passingsOf } from './passing.ts';
import { type Prediction, predict } from './predict.ts';
import { risksOf } from './risks.ts';
import type { Situation } from './situation.ts';
import { planUnit, takenNames, type UnitPlan, unitsOf } from './unit.ts';

/** Plans a pool for every upstream that nginx passes requests to over TCP and whose connections do not last. */
export function planPooling(input: PlanInput): Planned {
  const nginx = editableNginx(input.facts);
  if ('kind' in nginx) return nginx;
  if (!atLeast(nginx.version, 1, 1, 4)) {
    return refused(`nginx ${nginx.version.text} cannot keep connections to upstreams; that came with 1.1.4.`);
  }
  const passings = passingsOf(nginx.placed, nginx.config);
  const situation: Situation = { input, nginx, passings, units: unitsOf(passings, takenNames(nginx.placed)) };
  const plans = planUnits(situation);
  const ready = plans.filter(isReady);
  if (ready.length === 0) return withoutChange(situation, plans);
  const actions = editActions(ready.flatMap(({ edits }) => edits));
  if (!actions)
    return refused('Two places of the configuration ask for different values at the same spot; change it by hand.');
  return { kind: 'change', plan: hostPlan(situation, plans, [...actions, loadAction(nginx)]) };
}

/** What is put in for one unit may depend on which others are pooled as well, so blocked ones are taken out first. */
function planUnits(situation: Situation): readonly UnitPlan[] {
  const tried = situation.units.map((unit) => planUnit(situation, unit, () => true));
  const left = tried
    .filter(({ blocked, kept }) => blocked !== null || kept !== null)
    .flatMap(({ unit }) => unit.passings);
  const unpooled = situation.passings.filter(
    (passing) => !situation.units.some((unit) => unit.passings.includes(passing)),
  );
  const without = new Set([...left, ...unpooled]);
  return situation.units.map((unit) => planUnit(situation, unit, (passing) => !without.has(passing)));
}

function isReady({ edits, blocked, kept }: UnitPlan): boolean {
  return edits.length > 0 && blocked === null && kept === null;
}

function withoutChange(situation: Situation, plans: readonly UnitPlan[]): Planned {
  const elsewhere = plans.filter(({ edits, blocked, kept }) => edits.length > 0 && blocked === null && kept !== null);
  const actions = editActions(elsewhere.flatMap(({ edits }) => edits)) ?? [];
  const reasons = unplannable(situation, plans);
  if (actions.length > 0) {
    const kept = [...new Set(elsewhere.flatMap((plan) => plan.kept ?? []))];
    return { kind: 'advice', reason: `${kept.join('; ')}.`, text: [editsText(actions), ...reasons].join('\n\n') };
  }
  if (reasons.length === 0) return { kind: 'nothing', reason: nothingToDo(situation) };
  return { kind: 'advice', reason: 'What is not pooled here has to be decided by hand.', text: reasons.join('\n') };
}

function hostPlan(situation: Situation, plans: readonly UnitPlan[], actions: HostPlan['actions']): HostPlan {
  const { input, nginx } = situation;
  const ready = plans.filter(isReady);
  const pooled = ready.filter(({ late }) => !late);
  const backends = pooled.flatMap(({ unit }) => unit.backends);
  const limited = pooled.flatMap(({ unit, raised }) => (raised ? [] : [unit.name]));
  const prediction = pooled.length === 0 ? predictOrder(ready) : predict(input.facts, nginx, { limited, backends });
  const confirm = confirmations(situation, ready);
  return {
    host: input.host,
    actions,
    basis: {
      nginx: nginxText(nginx),
      purpose: pooled.length === 0 ? 'idle timeouts' : 'pools',
      backends: [...new Set(backends.map(formatEndpoint))],
      timeouts: Object.fromEntries(
        ready.flatMap(({ unit, timeout }) => (timeout === null ? [] : [[unit.name, timeout]])),
      ),
      raisedRequests: ready.flatMap(({ unit, raised }) => (raised ? [unit.name] : [])),
      pools: Object.fromEntries(ready.flatMap(({ unit, size }) => (size === null ? [] : [[unit.name, size]]))),
    },
    predicted: prediction.sentences,
    ...(prediction.targets && { targets: prediction.targets }),
    risks: risksOf(situation, plans, ready),
    proof: pooled.length === 0 ? ORDER_PROOF : proofSentences(prediction.targets?.['timeWaitSockets']),
    ...(confirm.length > 0 && { confirm }),
  };
}

const ORDER_PROOF: readonly string[] = [
  'nginx -t accepts the files, and the same master has new workers.',
  'After 15 s and after 75 s: the error log has no new reset, closed-early or refused upstream lines; if it has, the host is put back.',
];

/** Pools that work stay; only when an idle connection is given up changes. */
function predictOrder(late: readonly UnitPlan[]): Prediction {
  const each = late.map(({ unit, timeout }) => `"${unit.name}" after ${timeout}`);
  return {
    sentences: [
      `nginx gives idle connections up before the backends close them: ${list(each)}. Requests no longer meet closing connections.`,
      'Connections that are idle longer are opened anew: a few more opens/s under light load.',
    ],
  };
}

function proofSentences(timeWait: number | undefined): readonly string[] {
  return [
    'nginx -t accepts the files, and the same master has new workers.',
    'After 15 s: new outgoing connections fell by at least 80 %, the master lives, the error log has no new reset, closed-early or refused upstream lines; if it has, the host is put back.',
    timeWait === undefined
      ? 'After 75 s: the TIME_WAIT sockets of these backends are counted again.'
      : `After 75 s: at most ${formatNumber(timeWait)} TIME_WAIT sockets of these backends.`,
  ];
}
