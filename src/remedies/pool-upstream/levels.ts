import type { Placed } from '../nginx-edit/placed.ts';
import { named } from '../nginx-edit/placed.ts';
import { insertAt, type Edit } from '../nginx-edit/edit.ts';
import type { Passing } from './passing.ts';

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
 * level's proxy_set_header lines, or before the block in which the proxy_pass stands. A snippet that other places include
 * as well is thus never given a line that those may have already.
 */
export function insertIntoLevel(level: Placed, passing: Passing, statement: string): Edit | null {
  const context = [level.directive.line];
  const own = anchorIn(level, passing);
  if (!own) return null;
  const { file, directive } = own.anchor;
  return directive.block
    ? insertAt(file, directive.block.before, statement, { side: 'before', context })
    : insertAt(file, directive.after, statement, { context });
}

function anchorIn(level: Placed, { pass }: Passing): Placed | null {
  if (level.children.includes(pass)) return pass;
  const lines = named(level.children, 'proxy_set_header');
  if (lines.length > 0) return lines.at(-1) ?? null;
  let inner: Placed | null = pass;
  while (inner && inner.parent !== level) inner = inner.parent;
  return inner;
}
