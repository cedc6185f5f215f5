import { keptFromEditing } from '../nginx-edit/actions.ts';
import { keyOf, named, type Placed, placeText } from '../nginx-edit/placed.ts';
import { backendsOf, bindsConnections } from './block.ts';
import type { Pooled } from './levels.ts';
import { renamePass, renamingOf, upstreamName } from './literal.ts';
import type { Passing } from './passing.ts';
import { type PoolPart, poolOf, poolsByItself } from './pool.ts';
import { type Reuse, reuseAt, type Surroundings } from './reuse.ts';
import type { Situation, Unit } from './situation.ts';

/** What a unit needs to be pooled. */
export interface UnitPlan extends PoolPart {
  readonly unit: Unit;
  readonly notes: readonly string[];
  /** Why its files are not edited from here, though the edits are known. */
  readonly kept: string | null;
}

/** The units that requests are passed to over TCP with a protocol that can keep connections. */
export function unitsOf(passings: readonly Passing[], taken: ReadonlySet<string>): readonly Unit[] {
  const units = new Map<string, { unit: Omit<Unit, 'passings'>; passings: Passing[] }>();
  const names = new Set(taken);
  for (const passing of passings.filter(({ protocol }) => protocol === 'http' || protocol === 'fastcgi')) {
    const { upstream, literal } = passing;
    const key = upstream
      ? keyOf(upstream)
      : literal?.endpoint
        ? `${passing.protocol} ${literal.scheme} ${literal.authority.toLowerCase()}`
        : null;
    if (key === null) continue;
    const known = units.get(key);
    if (known) known.passings.push(passing);
    else units.set(key, { unit: describe(passing, names), passings: [passing] });
  }
  return [...units.values()]
    .map(({ unit, passings: own }) => ({ ...unit, passings: own }))
    .filter(({ backends }) => backends.length > 0);
}

function describe({ upstream, literal }: Passing, names: Set<string>): Omit<Unit, 'passings'> {
  if (upstream) return { name: upstream.directive.args[0] ?? '', upstream, backends: backendsOf(upstream) };
  const name = literal ? upstreamName(literal, names) : '';
  names.add(name);
  return { name, upstream: null, backends: literal?.endpoint ? [literal.endpoint] : [] };
}

/** Plans one unit; without edits it is pooled already. `pooled` tells which places will have a pool. */
export function planUnit(situation: Situation, unit: Unit, pooled: Pooled): UnitPlan {
  const parts = unit.passings.flatMap((passing) => planPassing(situation, unit, passing, pooled));
  const changed = parts.flatMap((part) => part.edits);
  const pool = poolOf(situation, unit, changed.length > 0);
  const edits = [...pool.edits, ...changed];
  const bound = edits.length === 0 ? null : boundReason(unit);
  const blocked = pool.blocked ?? bound ?? parts.find((part) => part.blocked !== null)?.blocked ?? null;
  const kept = edits.map(({ file }) => keptFromEditing(file)).find((reason) => reason !== null) ?? null;
  const notes = [...new Set(parts.flatMap((part) => part.notes))];
  return { unit, ...pool, edits, notes, blocked, kept };
}

function planPassing(situation: Situation, unit: Unit, passing: Passing, pooled: Pooled): readonly Reuse[] {
  const surroundings = surroundingsOf(situation, pooled);
  if (unit.upstream) return [reuseAt(passing, surroundings, false)];
  const renamed = renamePass(renamingOf(situation.passings, unit.name, passing));
  return [reuseAt(passing, surroundings, renamed.ownHeaders === true), renamed];
}

/** What surrounds each place, given which of them will have a pool. */
export function surroundingsOf({ nginx, passings }: Situation, pooled: Pooled): Surroundings {
  return { modern: poolsByItself(nginx), config: nginx.config, passings, pooled };
}

function boundReason({ upstream }: Unit): string | null {
  if (!upstream || !bindsConnections(upstream)) return null;
  return `${placeText(upstream)} has ntlm: its connections belong to single clients and must not be shared`;
}

/** Names that upstream blocks have, in lower case. */
export function takenNames(placed: readonly Placed[]): ReadonlySet<string> {
  const blocks = named(placed, 'http').flatMap((http) => named(http.children, 'upstream'));
  return new Set(blocks.map(({ directive }) => (directive.args[0] ?? '').toLowerCase()));
}
