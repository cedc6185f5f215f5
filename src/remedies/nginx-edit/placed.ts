import type { FileOutline, OutlineDirective } from '../../probes/nginx-config/outline-fact.ts';

/** A directive in a file. */
export interface Located {
  readonly file: FileOutline;
  readonly directive: OutlineDirective;
}

/** A directive where it is in force; one that stands in a file which is included twice is there twice. */
export interface Placed extends Located {
  /** The block around it, over includes; null at the top. */
  readonly parent: Placed | null;
  /** What stands in its place in the file of the block around it: itself, or the include that brings it there. */
  readonly anchor: Located;
  /** What a block holds, includes followed; includes themselves are left out. */
  readonly children: readonly Placed[];
}

/** More than this comes from includes that multiply each other. */
const MAX_PLACED = 50_000;

/** Follows every include from the main file on; null when they multiply beyond measure. */
export function placeAll(files: readonly FileOutline[]): readonly Placed[] | null {
  const [main] = files;
  if (!main) return [];
  const budget = { left: MAX_PLACED };
  const placed = placeFile({ files, budget, parent: null, anchor: null, trail: [] }, main);
  return budget.left < 0 ? null : placed;
}

interface Placing {
  readonly files: readonly FileOutline[];
  readonly budget: { left: number };
  readonly parent: Placed | null;
  /** The include in the parent's own file through which the present file came; null in that file itself. */
  readonly anchor: Located | null;
  /** The files being followed, so that one that includes itself ends. */
  readonly trail: readonly FileOutline[];
}

function placeFile(placing: Placing, file: FileOutline): Placed[] {
  if (placing.trail.includes(file)) return [];
  return placeDirectives({ ...placing, trail: [...placing.trail, file] }, file, file.directives);
}

function placeDirectives(placing: Placing, file: FileOutline, directives: readonly OutlineDirective[]): Placed[] {
  return directives.flatMap((directive): Placed[] => {
    placing.budget.left -= 1;
    if (placing.budget.left < 0) return [];
    const anchor = placing.anchor ?? { file, directive };
    if (directive.includes) {
      return directive.includes.flatMap((index) => {
        const next = placing.files[index];
        return next ? placeFile({ ...placing, anchor }, next) : [];
      });
    }
    const children: Placed[] = [];
    const placed: Placed = { file, directive, parent: placing.parent, anchor, children };
    if (directive.block) {
      children.push(...placeDirectives({ ...placing, parent: placed, anchor: null }, file, directive.block.directives));
    }
    return [placed];
  });
}

/** Children of that name. */
export function named(children: readonly Placed[], name: string): readonly Placed[] {
  return children.filter(({ directive }) => directive.name === name);
}

/** The blocks around a directive, innermost first. */
export function blocksAround(placed: Placed): readonly Placed[] {
  return placed.parent ? [placed.parent, ...blocksAround(placed.parent)] : [];
}

/** The same for every appearance of a directive. */
export function keyOf({ file, directive }: Located): string {
  return `${file.path}\n${directive.start}`;
}

/** `/etc/nginx/conf.d/app.conf:12` */
export function placeText({ file, directive }: Located): string {
  return `${file.path}:${directive.line}`;
}

/** Everything at any depth. */
export function descendants(children: readonly Placed[]): readonly Placed[] {
  return children.flatMap((child) => [child, ...descendants(child.children)]);
}
