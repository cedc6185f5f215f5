import { type Edit, insertAt } from '../nginx-edit/edit.ts';
import { descendants, named, type Placed } from '../nginx-edit/placed.ts';
import { PASS_DIRECTIVES, type Passing } from './passing.ts';

/** The level whose proxy_set_header lines are in force: the innermost that has any (all or nothing per level). */
export function headerLevel({ levels }: Passing): Placed | null {
  return levels.find(({ children }) => named(children, 'proxy_set_header').length > 0) ?? null;
}

/** The proxy_set_header lines in force. */
export function headersInForce(passing: Passing): readonly Placed[] {
  const level = headerLevel(passing);
  return level ? named(level.children, 'proxy_set_header') : [];
}

/** The last line in force that sets this header. */
export function headerInForce(passing: Passing, name: string): Placed | null {
  return (
    headersInForce(passing)
      .filter(({ directive }) => directive.args[0]?.toLowerCase() === name)
      .at(-1) ?? null
  );
}

/** A directive that each level may override: the innermost one. */
export function inForce({ levels }: Passing, name: string): Placed | null {
  for (const { children } of levels) {
    const found = named(children, name).at(-1);
    if (found) return found;
  }
  return null;
}

/**
 * Puts a statement into a level, in the file in which the level's own braces stand: next to the proxy_pass, or below the
 * level's proxy_set_header lines, or before the first block that holds a proxy_pass. A snippet that other places include
 * as well is thus never given a line that those may have already, and a level gets a line at one place only.
 */
export function insertIntoLevel(level: Placed, statement: string): Edit | null {
  const context = [level.directive.line];
  const found = anchorIn(level);
  if (!found) return null;
  const { file, directive } = found.anchor;
  return directive.block
    ? insertAt(file, directive.block.before, statement, { side: 'before', context })
    : insertAt(file, directive.after, statement, { context });
}

function anchorIn({ children }: Placed): Placed | null {
  const pass = children.find(isPass);
  const line = named(children, 'proxy_set_header').at(-1);
  return pass ?? line ?? children.find((child) => descendants(child.children).some(isPass)) ?? null;
}

function isPass({ directive }: Placed): boolean {
  return Object.hasOwn(PASS_DIRECTIVES, directive.name);
}

/** So many places are told once at their server rather than each for itself. */
const MANY_PLACES = 4;

/**
 * The level that is to get a proxy_set_header line: the one whose lines are in force. Where there are none, it is the
 * location, or its server when many locations are alike.
 */
export function levelForHeaders(passing: Passing, passings: readonly Passing[], pooled: Pooled): Placed {
  const inForceAt = headerLevel(passing);
  const server = passing.levels.find(({ directive }) => directive.name === 'server');
  if (inForceAt || !server) return inForceAt ?? passing.location;
  const bare = httpBelow(server, passings).filter((other) => headerLevel(other) === null);
  const alike = bare.length >= MANY_PLACES && bare.every((other) => other.upstream !== null && pooled(other));
  return alike ? server : passing.location;
}

/** Whether a place will have a pool once the plan is carried out. */
export type Pooled = (passing: Passing) => boolean;

/** The places below a level that speak HTTP. */
export function httpBelow(level: Placed, passings: readonly Passing[]): readonly Passing[] {
  return passings.filter(({ protocol, levels }) => protocol === 'http' && levels.includes(level));
}
