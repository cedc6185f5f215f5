import { keptFromEditing } from '../nginx-edit/actions.ts';
import type { Edit } from '../nginx-edit/edit.ts';
import { atLeast, type EditableNginx } from '../nginx-edit/host.ts';
import { keyOf, named, type Placed, placeText } from '../nginx-edit/placed.ts';
import type { PlanInput } from '../remedy.ts';
import {
  backendsOf,
  bindsConnections,
  poolEdits,
  timeoutEdit,
  type WantedPool,
  type WrittenPool,
  writtenPool,
} from './block.ts';
import { newBlock, type Renaming, renamePass, upstreamName } from './literal.ts';
import { approvedTimeout, idleTimeout, shortestIdleMs } from './idle.ts';
import type { Pooled } from './levels.ts';
import type { Passing } from './passing.ts';
import { type Reuse, reuseAt, type Surroundings } from './reuse.ts';
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
  /** The end of idle connections that is put in; null when none is. */
  readonly timeout: string | null;
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
function poolsByItself({ version }: EditableNginx): boolean {
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

/** Plans one unit; without edits it is pooled already. `pooled` tells which places will have a pool. */
export function planUnit(situation: Situation, unit: Unit, pooled: Pooled): UnitPlan {
  const parts = unit.passings.flatMap((passing) => planPassing(situation, unit, passing, pooled));
  const pool = poolOf(situation, unit);
  const changed = parts.flatMap((part) => part.edits);
  const pools = pool.edits.length > 0 || pool.blocked !== null ? pool : endIdle(situation, unit, changed);
  const edits = [...pools.edits, ...changed];
  const bound = edits.length === 0 ? null : boundReason(unit);
  const blocked = pool.blocked ?? bound ?? parts.find((part) => part.blocked !== null)?.blocked ?? null;
  const kept = edits.map(({ file }) => keptFromEditing(file)).find((reason) => reason !== null) ?? null;
  const notes = [...new Set(parts.flatMap((part) => part.notes))];
  return { unit, size: pools.size, timeout: pools.timeout, edits, notes, blocked, kept };
}

function planPassing(situation: Situation, unit: Unit, passing: Passing, pooled: Pooled): readonly Reuse[] {
  const surroundings = surroundingsOf(situation, pooled);
  if (unit.upstream) return [reuseAt(passing, surroundings, false)];
  const renamed = renamePass(renamingOf(situation, unit, passing));
  return [reuseAt(passing, surroundings, renamed.ownHeaders === true), renamed];
}

/** What surrounds each place, given which of them will have a pool. */
export function surroundingsOf({ nginx, passings }: Situation, pooled: Pooled): Surroundings {
  return { modern: poolsByItself(nginx), config: nginx.config, passings, pooled };
}

/** A pool that begins to work needs an end of idle connections before the backend's (default 60 s), where none is set. */
function endIdle(situation: Situation, unit: Unit, changed: readonly Edit[]): PoolPart {
  const { upstream } = unit;
  const timeout = changed.length === 0 ? null : missingTimeout(situation, unit);
  const edit = upstream && timeout !== null ? timeoutEdit(upstream, timeout) : null;
  return { size: null, timeout: edit ? timeout : null, edits: edit ? [edit] : [], blocked: null };
}

/**
 * What `keepalive_timeout` is to be; null where the block has one that is shorter than the backends', or this nginx knows
 * none (before 1.15.3).
 */
function missingTimeout({ input, nginx }: Situation, { name, upstream, backends }: Unit): string | null {
  if (!atLeast(nginx.version, 1, 15, 3)) return null;
  const writtenMs = upstream && writtenPool(upstream).timeoutMs;
  if (writtenMs !== null && writtenMs < shortestIdleMs(input.facts, backends)) return null;
  return idleTimeout(input.facts, backends, approvedTimeout(input.approved, name));
}

interface PoolPart {
  readonly size: number | null;
  readonly timeout: string | null;
  readonly edits: readonly Edit[];
  readonly blocked: string | null;
}

function poolOf(situation: Situation, unit: Unit): PoolPart {
  const written = unit.upstream && writtenPool(unit.upstream);
  const size = Math.max(wantedSize(situation, unit), written?.size ?? 0);
  const nothing = { size: null, timeout: null, edits: [], blocked: null };
  if (written && !needsPool(situation, unit, size)) return nothing;
  const wanted: WantedPool = { size, timeout: missingTimeout(situation, unit) };
  const edits = unit.upstream ? poolEdits(unit.upstream, wanted) : blockEdits(situation, unit, wanted);
  if (edits) return { ...wanted, edits, blocked: null };
  return { ...nothing, blocked: `no place was found for the pool of upstream "${unit.name}"` };
}

function wantedSize({ input, nginx }: Situation, unit: Unit): number {
  return poolSize({
    peak: peakConnections(input.facts, unit.backends),
    workers: Math.max(1, nginx.master.workers),
    approved: approvedSize(input.approved, unit.name),
  });
}

function needsPool(situation: Situation, { name, upstream, backends }: Unit, size: number): boolean {
  const { input, nginx } = situation;
  const written = upstream && writtenPool(upstream);
  if (!written) return true;
  const present = presentSize(situation, written);
  if (present === null) return false;
  if (present === 0 || (written.overridden && !poolsByItself(nginx))) return true;
  if (present >= size) return false;
  if (approvedSize(input.approved, name) !== null) return true;
  const peak = peakConnections(input.facts, backends) ?? 0;
  const closed = timeWaitOf(input.facts, backends)?.nginxClosed ?? 0;
  return peak > present * Math.max(1, nginx.master.workers) && closed >= MANY_CLOSED_BY_NGINX;
}

/** Idle connections per worker as things are, 0 = none; null when the directive was not understood. */
function presentSize({ nginx }: Situation, { keepalive, size }: WrittenPool): number | null {
  if (keepalive) return size;
  return poolsByItself(nginx) ? DEFAULT_SIZE : 0;
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
