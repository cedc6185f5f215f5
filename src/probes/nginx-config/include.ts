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
  return matchParts(partsOf(pattern), name);
}

/** One part of a pattern: `*`, or a test of one character. */
type Part = '*' | ((character: string) => boolean);

/** Goes back to the last `*` alone, which suffices and keeps the time within pattern times name. */
function matchParts(parts: readonly Part[], name: string): boolean {
  let part = 0;
  let star = -1;
  let retry = 0;
  for (let at = 0; at < name.length || part < parts.length; ) {
    const current = parts[part];
    if (current === '*') {
      star = part++;
      retry = at;
    } else if (at < name.length && current?.(name.charAt(at))) {
      part++;
      at++;
    } else if (star !== -1 && retry < name.length) {
      part = star + 1;
      at = ++retry;
    } else return false;
  }
  return true;
}

function partsOf(pattern: string): Part[] {
  return [...pattern.matchAll(/\*|\?|\[[!^]?\]?[^\]]*\]|\\?[\s\S]/g)].map(([text]): Part => {
    if (text === '*') return '*';
    if (text === '?') return () => true;
    if (text.length > 2 && text.startsWith('[')) return bracket(text);
    const literal = text.length === 2 ? text.slice(1) : text;
    return (character) => character === literal;
  });
}

function bracket(text: string): (character: string) => boolean {
  const negated = text.startsWith('[!') || text.startsWith('[^');
  const members = [...text.slice(negated ? 2 : 1, -1).matchAll(/([\s\S])-([\s\S])|([\s\S])/g)];
  return (character) => {
    const inside = members.some(([, low, high, single]) =>
      low !== undefined && high !== undefined ? low <= character && character <= high : character === single,
    );
    return inside !== negated;
  };
}
