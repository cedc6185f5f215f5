import { keptFromEditing } from '../nginx-edit/actions.ts';
import type { Edit } from '../nginx-edit/edit.ts';
import { atLeast, type EditableNginx } from '../nginx-edit/host.ts';
import { keyOf, named, type Placed, placeText } from '../nginx-edit/placed.ts';
import type { PlanInput } from '../remedy.ts';
import { backendsOf, bindsConnections, poolEdits, type WantedPool, writtenPool } from './block.ts';
import { newBlock, type Renaming, renamePass, upstreamName } from './literal.ts';
import type { Passing } from './passing.ts';
import { type Reuse, reuseAt } from './reuse.ts';
import { approvedSize, type BackendEndpoint, peakConnections, poolSize, timeWaitOf } from './size.ts';

/** Backends that share a pool: one upstream block, or one literal address. */
export interface Unit {
  readonly name: string;
  /** null = the block is new. */
  readonly upstream: Placed | null;
  readonly passings: readonly Passing[];
  readonly backends: readonly BackendEndpoint[];
}

/** What a unit needs to be pooled. */
export interface UnitPlan {
  readonly unit: Unit;
  /** Idle connections per worker; null when the pool stays as it is. */
  readonly size: number | null;
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
  /** Why it is not planned. */
  readonly blocked: string | null;
  /** Why its files are not edited from here, though the edits are known. */
  readonly kept: string | null;
}

/** The whole of what is planned on. */
export interface Situation {
  readonly input: PlanInput;
  readonly nginx: EditableNginx;
  readonly passings: readonly Passing[];
  readonly units: readonly Unit[];
}

/** This nginx pools explicit upstream blocks by itself, with HTTP/1.1 and without a Connection header (CHANGES, 1.29.7). */
export function poolsByItself({ version }: EditableNginx): boolean {
  return atLeast(version, 1, 29, 7) && version.flavor !== 'tengine';
}

/** Pools that nginx sets up by itself hold so many connections per worker. */
const DEFAULT_SIZE = 32;

/** TIME_WAIT sockets that nginx closed first, from which on a pool that is too small is to blame. */
const MANY_CLOSED_BY_NGINX = 1000;

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

/** Plans one unit; without edits it is pooled already. */
export function planUnit(situation: Situation, unit: Unit): UnitPlan {
  const pool = poolOf(situation, unit);
  const { passings, units, nginx } = situation;
  const pooled = (passing: Passing): boolean => units.some((other) => other.passings.includes(passing));
  const surroundings = { modern: poolsByItself(nginx), passings, pooled };
  const reuses = unit.passings.map((passing): Reuse => reuseAt(passing, surroundings));
  const renamed = unit.upstream ? [] : unit.passings.map((passing) => renamePass(renamingOf(situation, unit, passing)));
  const parts = [...renamed, ...reuses];
  const edits = [...pool.edits, ...parts.flatMap((part) => part.edits)];
  const blocked = pool.blocked ?? boundReason(unit) ?? parts.find((part) => part.blocked !== null)?.blocked ?? null;
  const kept = edits.map(({ file }) => keptFromEditing(file)).find((reason) => reason !== null) ?? null;
  const notes = [...new Set(parts.flatMap((part) => part.notes))];
  return { unit, size: pool.size, edits, notes, blocked: edits.length === 0 ? null : blocked, kept };
}

interface PoolPart {
  readonly size: number | null;
  readonly edits: readonly Edit[];
  readonly blocked: string | null;
}

function poolOf(situation: Situation, unit: Unit): PoolPart {
  const { nginx } = situation;
  const size = wantedSize(situation, unit);
  const written = unit.upstream && writtenPool(unit.upstream);
  if (written && !needsPool(situation, unit, size)) return { size: null, edits: [], blocked: null };
  const timeout = atLeast(nginx.version, 1, 15, 3) && (written?.timeoutMs ?? null) === null ? IDLE_TIMEOUT : null;
  const wanted: WantedPool = { size, timeout };
  const edits = unit.upstream ? poolEdits(unit.upstream, wanted) : blockEdits(situation, unit, wanted);
  return edits
    ? { size, edits, blocked: null }
    : { size, edits: [], blocked: `no place was found for the pool of upstream "${unit.name}"` };
}

/** Below the 5 s after which Node, uvicorn and Apache close idle connections. */
export const IDLE_TIMEOUT = '4s';

function wantedSize({ input, nginx }: Situation, unit: Unit): number {
  return poolSize({
    peak: peakConnections(input.facts, unit.backends),
    workers: Math.max(1, nginx.master.workers),
    approved: approvedSize(input.approved, unit.name),
  });
}

function needsPool({ input, nginx }: Situation, { name, upstream, backends }: Unit, size: number): boolean {
  if (!upstream) return true;
  const { keepalive, size: written, overridden } = writtenPool(upstream);
  if (!keepalive) {
    if (!poolsByItself(nginx)) return true;
  } else if (written === null) return false;
  const present = written ?? DEFAULT_SIZE;
  if (present === 0 || (overridden && !poolsByItself(nginx)) || present >= size) return present === 0 || overridden;
  if (approvedSize(input.approved, name) !== null) return true;
  const peak = peakConnections(input.facts, backends) ?? 0;
  const closed = timeWaitOf(input.facts, backends)?.nginxClosed ?? 0;
  return peak > present * Math.max(1, nginx.master.workers) && closed >= MANY_CLOSED_BY_NGINX;
}

function blockEdits(situation: Situation, unit: Unit, wanted: WantedPool): readonly Edit[] | null {
  const [first] = unit.passings;
  const edit = first && newBlock(renamingOf(situation, unit, first), wanted);
  return edit ? [edit] : null;
}

function renamingOf({ passings }: Situation, { name }: Unit, passing: Passing): Renaming {
  const none = { scheme: '', authority: '', uri: '', endpoint: null };
  return { passing, literal: passing.literal ?? none, name, passings };
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
