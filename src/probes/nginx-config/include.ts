import type { Directive } from './tree.ts';

/** What an `include` directive may name: an absolute path or glob(7) pattern. */
export interface IncludePattern {
  readonly pattern: string;
  /** Whether it can name more than one file. */
  readonly glob: boolean;
}

/**
 * The files that `include` directives ask for, in order and at any depth. Relative names are relative to the folder of
 * the main configuration file (ngx_conf_full_name with the conf prefix), whichever file they stand in.
 */
export function includePatterns(directives: readonly Directive[], mainFile: string): IncludePattern[] {
  return directives.flatMap((directive) => {
    const own = includePattern(directive, mainFile);
    return own ? [own] : includePatterns(directive.block?.directives ?? [], mainFile);
  });
}

/** The pattern of one directive; null when it is not an `include`. */
export function includePattern(directive: Directive, mainFile: string): IncludePattern | null {
  const [name] = directive.args;
  if (directive.name !== 'include' || directive.block !== null || !name) return null;
  const folder = mainFile.slice(0, mainFile.lastIndexOf('/') + 1);
  const pattern = name.value.startsWith('/') ? name.value : folder + name.value;
  return { pattern, glob: /[*?[]/.test(pattern) };
}

/** Whether a path is one that the pattern names: `*`, `?` and `[…]` within one path segment, no leading dot (glob(7)). */
export function names(include: IncludePattern, path: string): boolean {
  if (!include.glob) return include.pattern === path;
  const wanted = include.pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((segment, i) => segmentMatches(segment, given[i] ?? ''));
}

function segmentMatches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return new RegExp(`^${segmentSource(pattern)}$`, 's').test(name);
}

/** Consecutive `*` are one, so that matching cannot become slow. */
function segmentSource(pattern: string): string {
  return pattern.replaceAll(/\*+|\?|\[[!^]?\]?[^\]]*\]|\\?[\s\S]/g, (part) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    if (part.length > 2 && part.startsWith('[')) return bracket(part);
    return escapeLiteral(part.length === 2 ? part.slice(1) : part);
  });
}

function bracket(part: string): string {
  const negated = part.startsWith('[!') || part.startsWith('[^');
  const members = part.slice(negated ? 2 : 1, -1).replaceAll(/[\\\]^[]/g, '\\$&');
  return isRangeList(members) ? `[${negated ? '^' : ''}${members}]` : escapeLiteral(part);
}

/** A descending range such as `z-a` names nothing and is not a regular expression. */
function isRangeList(members: string): boolean {
  return [...members.matchAll(/([^\\])-([^\\])/g)].every(([, low = '', high = '']) => low <= high);
}

function escapeLiteral(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
