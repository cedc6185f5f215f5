import { type Edit, replaceArgument } from '../nginx-edit/edit.ts';
import { atLeast, type EditableNginx } from '../nginx-edit/host.ts';
import { poolEdits, timeoutEdit, type WantedPool, type WrittenPool, writtenPool } from './block.ts';
import { approvedTimeout, idleTimeout, shortestIdleMs } from './idle.ts';
import { newBlock, renamingOf } from './literal.ts';
import type { Situation, Unit } from './situation.ts';
import { approvedSize, peakConnections, poolSize } from './size.ts';
import { endsByRequests, endsIdle, overflows } from './small.ts';

/** What is to change in an upstream block. */
export interface PoolPart {
  /** Idle connections per worker; null when that stays as it is. */
  readonly size: number | null;
  /** The end of idle connections that is put in; null when none is. */
  readonly timeout: string | null;
  /** Whether its keepalive_requests is raised. */
  readonly raised: boolean;
  /** Whether all that is wrong is that backends close idle connections before nginx does (F15). */
  readonly late: boolean;
  readonly edits: readonly Edit[];
  /** Why it cannot be planned. */
  readonly blocked: string | null;
}

/** This nginx pools explicit upstream blocks by itself, with HTTP/1.1 and without a Connection header (CHANGES, 1.29.7). */
export function poolsByItself({ version }: EditableNginx): boolean {
  return atLeast(version, 1, 29, 7) && version.flavor !== 'tengine';
}

/** Pools that nginx sets up by itself hold so many connections per worker. */
const DEFAULT_SIZE = 32;

/** nginx's default since 1.19.10: requests that a connection to a backend carries. */
const DEFAULT_REQUESTS = 1000;

/** The pool of a unit; `begins` when connections to it are kept from now on. */
export function poolOf(situation: Situation, unit: Unit, begins: boolean): PoolPart {
  const written = unit.upstream && writtenPool(unit.upstream);
  if (!written) return newPool(situation, unit);
  const raise = raiseRequests(situation, unit, written);
  const size = Math.max(wantedSize(situation, unit), written.size ?? 0);
  if (needsPool(situation, unit, { written, size, raised: raise !== null })) {
    return withRaise(writePool(situation, unit, size), raise);
  }
  const works = begins || raise !== null || isHasty(situation, unit, written);
  const late = isLate(situation, unit, written);
  return withRaise({ ...endIdle(situation, unit, works || late), late: late && !works }, raise);
}

function withRaise(part: PoolPart, raise: Edit | null): PoolPart {
  return raise ? { ...part, raised: true, edits: [...part.edits, raise] } : part;
}

const NOTHING: PoolPart = { size: null, timeout: null, raised: false, late: false, edits: [], blocked: null };

function newPool(situation: Situation, unit: Unit): PoolPart {
  const [first] = unit.passings;
  const wanted = { size: wantedSize(situation, unit), timeout: missingTimeout(situation, unit) };
  const edit = first && newBlock(renamingOf(situation.passings, unit.name, first), wanted);
  return withPool(unit, wanted, edit ? [edit] : null);
}

function writePool(situation: Situation, unit: Unit, size: number): PoolPart {
  const wanted = { size, timeout: missingTimeout(situation, unit) };
  return withPool(unit, wanted, unit.upstream && poolEdits(unit.upstream, wanted));
}

function withPool({ name }: Unit, wanted: WantedPool, edits: readonly Edit[] | null): PoolPart {
  if (edits) return { ...NOTHING, ...wanted, edits };
  return { ...NOTHING, blocked: `no place was found for the pool of upstream "${name}"` };
}

function wantedSize({ input, nginx }: Situation, unit: Unit): number {
  return poolSize({
    peak: peakConnections(input.facts, unit.backends),
    workers: Math.max(1, nginx.master.workers),
    approved: approvedSize(input.approved, unit.name),
  });
}

interface Sizing {
  readonly written: WrittenPool;
  readonly size: number;
  readonly raised: boolean;
}

function needsPool(situation: Situation, { name, backends }: Unit, { written, size, raised }: Sizing): boolean {
  const { input, nginx } = situation;
  const present = presentSize(nginx, written);
  if (present === null) return false;
  if (present === 0 || (written.overridden && !poolsByItself(nginx))) return true;
  if (present >= size) return false;
  if (approvedSize(input.approved, name) !== null) return true;
  const requests = written.requests ?? DEFAULT_REQUESTS;
  const workers = Math.max(1, nginx.master.workers);
  return !raised && overflows(input.facts, { size: present, workers, requests, backends });
}

/** Idle connections per worker as things are, 0 = none; null when the directive was not understood. */
function presentSize(nginx: EditableNginx, { keepalive, size }: WrittenPool): number | null {
  if (keepalive) return size;
  return poolsByItself(nginx) ? DEFAULT_SIZE : 0;
}

/** A pool that begins to work needs an end of idle connections before the backend's (default 60 s), where none is set. */
function endIdle(situation: Situation, unit: Unit, wanted: boolean): PoolPart {
  const timeout = wanted ? missingTimeout(situation, unit) : null;
  const edit = unit.upstream && timeout !== null ? timeoutEdit(unit.upstream, timeout) : null;
  return edit ? { ...NOTHING, timeout, edits: [edit] } : NOTHING;
}

/**
 * What `keepalive_timeout` is to be; null where the block has one that is shorter than the backends' and not so short that
 * connections end at once, or where this nginx knows none (before 1.15.3).
 */
function missingTimeout(situation: Situation, unit: Unit): string | null {
  const { input, nginx } = situation;
  if (!atLeast(nginx.version, 1, 15, 3)) return null;
  const written = unit.upstream && writtenPool(unit.upstream);
  const shorter = written?.timeoutMs != null && written.timeoutMs < SAME * shortestIdleMs(input.facts, unit.backends);
  const approved = approvedTimeout(input.approved, unit.name);
  if (written && shorter && approved === null && !isHasty(situation, unit, written)) return null;
  return idleTimeout(input.facts, unit.backends, approved);
}

/** Default of keepalive_timeout in an upstream block (ngx_http_upstream_module, since 1.15.3). */
const DEFAULT_TIMEOUT_MS = 60_000;

/** A measured time is a little longer than the timeout behind it; equal timeouts are a race, too. */
const SAME = 0.95;

/** Whether a backend is known to close idle connections no later than nginx, so that requests meet closing ones. */
function isLate({ input, nginx }: Situation, { name, backends }: Unit, { timeoutMs }: WrittenPool): boolean {
  if (!atLeast(nginx.version, 1, 15, 3)) return false;
  if (approvedTimeout(input.approved, name) !== null) return true;
  return (timeoutMs ?? DEFAULT_TIMEOUT_MS) >= SAME * shortestIdleMs(input.facts, backends);
}

/** Whether idle connections end at once although the backends are known to keep them for seconds. */
function isHasty({ input }: Situation, { name, backends }: Unit, { timeoutMs }: WrittenPool): boolean {
  const idleMs = shortestIdleMs(input.facts, backends);
  if (timeoutMs === null || idleMs < PATIENT_MS || idleMs === Number.POSITIVE_INFINITY) return false;
  if (approvedTimeout(input.approved, name) !== null) return true;
  return endsIdle(input.facts, timeoutMs, backends);
}

/** A backend that keeps idle connections so long lets nginx keep them for a second or more. */
const PATIENT_MS = 2500;

function raiseRequests(
  { input }: Situation,
  { name, upstream, backends }: Unit,
  { requests }: WrittenPool,
): Edit | null {
  if (!upstream || requests === null || requests >= DEFAULT_REQUESTS) return null;
  const approved = input.approved?.basis['raisedRequests'];
  const wanted = Array.isArray(approved) ? approved.includes(name) : endsByRequests(input.facts, requests, backends);
  const directive = wanted
    ? upstream.children.find((child) => child.directive.name === 'keepalive_requests')
    : undefined;
  return directive ? replaceArgument(directive, 0, String(DEFAULT_REQUESTS)) : null;
}
