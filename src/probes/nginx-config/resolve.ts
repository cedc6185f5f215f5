import type { DumpedFile } from './dump.ts';
import { includePattern, names } from './include.ts';
import type { ConfigSyntaxError } from './tokenize.ts';
import { type Directive, parseTree } from './tree.ts';

/** A directive in force: where it stands, and what it encloses once every include is followed. */
export interface ResolvedDirective {
  readonly file: string;
  readonly directive: Directive;
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  /** null for a simple directive. */
  readonly children: readonly ResolvedDirective[] | null;
}

/** The whole configuration as one structure; a file that is included in several places appears in each of them. */
export type ResolvedConfig =
  | { readonly ok: true; readonly directives: readonly ResolvedDirective[] }
  | { readonly ok: false; readonly file: string; readonly error: ConfigSyntaxError };

/** More directives than this come from includes that multiply each other, not from a configuration people wrote. */
const MAX_DIRECTIVES = 500_000;

interface Expansion {
  readonly mainFile: string;
  /** Paths in byte order, the order in which a glob names them (glob(3)). */
  readonly paths: readonly string[];
  readonly trees: ReadonlyMap<string, readonly Directive[]>;
  budget: number;
}

/** Follows every include of the files that `nginx -T` printed, starting at the first of them. */
export function resolveConfig(files: readonly DumpedFile[]): ResolvedConfig {
  const trees = new Map<string, readonly Directive[]>();
  for (const file of files) {
    const tree = parseTree(file.text);
    if (!tree.ok) return { ok: false, file: file.path, error: tree.error };
    trees.set(file.path, tree.directives);
  }
  const mainFile = files[0]?.path ?? '/';
  const paths = [...trees.keys()].sort((a, b) => (a < b ? -1 : 1));
  const expansion: Expansion = { mainFile, paths, trees, budget: MAX_DIRECTIVES };
  const directives = expandFile(expansion, mainFile, []);
  if (expansion.budget >= 0) return { ok: true, directives };
  const message = `the includes expand to more than ${MAX_DIRECTIVES} directives`;
  return { ok: false, file: mainFile, error: { kind: 'unexpected-end', line: 1, message } };
}

/** `trail` holds the files being expanded, so that a file that includes itself ends. */
function expandFile(expansion: Expansion, file: string, trail: readonly string[]): ResolvedDirective[] {
  if (trail.includes(file)) return [];
  return expandAll(expansion, expansion.trees.get(file) ?? [], [...trail, file]);
}

function expandAll(
  expansion: Expansion,
  directives: readonly Directive[],
  trail: readonly string[],
): ResolvedDirective[] {
  return directives.flatMap((directive) => {
    expansion.budget -= 1;
    if (expansion.budget < 0) return [];
    const include = includePattern(directive, expansion.mainFile);
    if (!include) return [resolved(expansion, directive, trail)];
    const included = expansion.paths.filter((path) => names(include, path));
    return included.flatMap((path) => expandFile(expansion, path, trail));
  });
}

function resolved(expansion: Expansion, directive: Directive, trail: readonly string[]): ResolvedDirective {
  return {
    file: trail.at(-1) ?? expansion.mainFile,
    directive,
    name: directive.name,
    args: directive.args.map((word) => word.value),
    line: directive.line,
    children: directive.block && expandAll(expansion, directive.block.directives, trail),
  };
}

/** Every directive of that name at this level, not deeper. */
export function named(directives: readonly ResolvedDirective[], name: string): ResolvedDirective[] {
  return directives.filter((directive) => directive.name === name);
}

/** The last directive of that name at this level, the one that nginx keeps when a value may be set once per level. */
export function lastNamed(directives: readonly ResolvedDirective[], name: string): ResolvedDirective | null {
  return named(directives, name).at(-1) ?? null;
}
