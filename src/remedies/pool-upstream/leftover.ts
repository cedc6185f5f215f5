import { count, formatNumber, list } from '../../base/format.ts';
import { keyOf, placeText } from '../nginx-edit/placed.ts';
import { locationText, type Passing } from './passing.ts';
import type { Situation } from './situation.ts';
import { timeWaitOf } from './size.ts';
import type { UnitPlan } from './unit.ts';

/** What stays unpooled and why, one sentence each. */
export function unplannable(situation: Situation, plans: readonly UnitPlan[]): readonly string[] {
  const blocked = plans.flatMap(({ unit, blocked: reason }) =>
    reason === null ? [] : [`"${unit.name}" is left out: ${reason}.`],
  );
  return [...blocked, ...situation.passings.flatMap(withoutPool)].filter(
    (sentence, index, all) => all.indexOf(sentence) === index,
  );
}

/** Why a place can have no pool whatever is edited. */
function withoutPool(passing: Passing): string[] {
  const where = `${placeText(passing.pass)}: ${locationText(passing)}`;
  const target = passing.pass.directive.args[0] ?? '';
  if (passing.protocol === 'http' || passing.protocol === 'fastcgi') {
    if (!passing.variable) return [];
    return [
      `${where} passes to ${target}, which is computed for each request and never pooled; name an upstream block, or set the variable to the name of one.`,
    ];
  }
  if (passing.protocol === 'grpc' || isUnix(passing)) return [];
  return [
    `${where} speaks ${passing.protocol}, a protocol without keepalive: every request takes a connection. A unix socket takes no ports and leaves no TIME_WAIT; HTTP to the same application can be pooled.`,
  ];
}

function isUnix({ pass, upstream }: Passing): boolean {
  const servers = upstream?.children.filter(({ directive }) => directive.name === 'server') ?? [];
  const targets = upstream ? servers.map(({ directive }) => directive.args[0] ?? '') : [pass.directive.args[0] ?? ''];
  return targets.length > 0 && targets.every((target) => target.includes('unix:'));
}

/** Why there is nothing to change. */
export function nothingToDo(situation: Situation): string {
  const { passings, units } = situation;
  if (passings.length === 0) return 'nginx passes no requests to backends.';
  const grpc = passings.filter(({ protocol }) => protocol === 'grpc').length;
  const sockets = new Set(passings.filter(isUnix).map(({ pass }) => keyOf(pass))).size;
  const parts = [
    ...(units.length > 0
      ? [`${count(units.length, 'upstream keeps its', 'upstreams keep their')} connections already`]
      : []),
    ...(sockets > 0
      ? [`${count(sockets, 'place uses', 'places use')} unix sockets, which take no ports and leave no TIME_WAIT`]
      : []),
    ...(grpc > 0 ? [`${count(grpc, 'place speaks', 'places speak')} gRPC, which is HTTP/2`] : []),
  ];
  if (parts.length === 0) return 'No backend is reached over TCP.';
  return [`${list(parts)}; nothing to pool.`, ...closedAnyway(situation)].join(' ');
}

/** So many TIME_WAIT sockets behind working pools have another cause. */
const MANY_TIME_WAIT = 1000;

/** Why connections end although they are pooled. */
function closedAnyway({ input, units }: Situation): string[] {
  const closed = timeWaitOf(
    input.facts,
    units.flatMap(({ backends }) => backends),
  );
  return [
    ...((closed?.backendClosed ?? 0) >= MANY_TIME_WAIT
      ? [
          `${formatNumber(closed?.backendClosed ?? 0)} TIME_WAIT of these backends were closed by them: their own limits of requests or idle time end connections, which is changed there.`,
        ]
      : []),
  ];
}
