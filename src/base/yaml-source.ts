import { type Document, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { type ErrorCode, messageOf, OperatorError, type SourceLocation } from './error.ts';
import { knownKeys } from './known-keys.ts';
import { didYouMean } from './near-match.ts';

type Path = readonly PropertyKey[];

/** An authored YAML file that passed its schema, and the way back from a value to its line. */
export interface YamlSource<T> {
  readonly value: T;
  /** Where the value at `path` stands; its parent's place when it is absent. */
  locate(path: Path): SourceLocation;
}

/** How a broken file is reported. */
export interface YamlErrors {
  readonly syntax: ErrorCode;
  readonly invalid: ErrorCode;
}

/** One thing that is wrong in an authored file. */
export interface YamlProblem {
  readonly message: string;
  readonly location: SourceLocation;
  readonly hint?: string;
}

/**
 * Parses and checks an authored YAML file. Throws the first problem as an OperatorError with file:line:column;
 * all problems are in its `details.problems`, so that a lint shows everything at once.
 */
export function parseYaml<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
  errors: YamlErrors,
): YamlSource<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const locate = (path: Path): SourceLocation => locationOf(document, lines, file, path);
  const syntax = document.errors.map(({ message, pos }) => ({
    message: lowerFirst(message),
    location: at(file, lines, pos[0]),
  }));
  if (syntax.length > 0) throw failure(errors.syntax, syntax);
  const value = plainValue(document, lines, file, errors);
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, locate };
  const reading: Reading = { document, lines, file, schema, value };
  throw failure(
    errors.invalid,
    result.error.issues.flatMap((issue) => problemsOf(issue, reading)),
  );
}

/** A file that does not fit its schema, while its problems are put into words. */
interface Reading {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
  readonly schema: z.ZodType;
  readonly value: unknown;
}

function plainValue(document: Document, lines: LineCounter, file: string, errors: YamlErrors): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 }) ?? {};
  } catch (cause) {
    const message = messageOf(cause);
    const unresolved = /^Unresolved alias/.test(message);
    throw failure(errors.syntax, [
      {
        message: unresolved ? lowerFirst(message) : 'too many aliases',
        location: firstAlias(document, lines, file),
        hint: unresolved ? 'Set the anchor (&name) before the alias (*name).' : 'Write the repeated parts out.',
      },
    ]);
  }
}

function firstAlias(document: Document, lines: LineCounter, file: string): SourceLocation {
  let offset = 0;
  visit(document, {
    Alias: (_key, alias) => {
      offset = rangeStart(alias) ?? 0;
      return visit.BREAK;
    },
  });
  return at(file, lines, offset);
}

function failure(code: ErrorCode, found: readonly YamlProblem[]): OperatorError {
  const problems = [...found].sort(byPlace);
  const [first] = problems;
  if (!first) throw new Error('a failure needs a problem');
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new OperatorError(code, {
    message: `${first.message}${more}`,
    location: first.location,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { problems },
  });
}

function problemsOf(issue: z.core.$ZodIssue, reading: Reading): YamlProblem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue.path, reading));
  if (issue.code === 'invalid_union') {
    const branch = likeliestBranch(issue.errors);
    if (branch)
      return branch.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, reading));
  }
  if (issue.code === 'invalid_key') return [invalidKey(issue, reading)];
  const { document, lines, file } = reading;
  const where = issue.path.length === 0 ? 'the file' : `"${issue.path.map(String).join('.')}"`;
  const absent = issue.code === 'invalid_type' && document.getIn(issue.path, true) === undefined;
  const hint = absent ? undefined : nearOption(issue, reading);
  return [
    {
      message: absent ? `${where} is missing` : `${where}: ${lowerFirst(issue.message)}`,
      location: locationOf(document, lines, file, issue.path),
      ...(hint === undefined ? {} : { hint }),
    },
  ];
}

/** The alternative that somebody most likely meant: of the right type, and with the fewest unknown keys. */
function likeliestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const unknownKeys = (branch: readonly z.core.$ZodIssue[]): number =>
    branch.reduce((sum, inner) => sum + (inner.code === 'unrecognized_keys' ? inner.keys.length : 0), 0);
  return branches
    .filter((branch) => branch.some((inner) => inner.code !== 'invalid_type' || inner.path.length > 0))
    .sort((a, b) => unknownKeys(a) - unknownKeys(b) || a.length - b.length)[0];
}

function unknownKey(key: string, path: Path, { document, lines, file, schema, value }: Reading): YamlProblem {
  const known = knownKeys(schema, path, value);
  const hint = didYouMean(key, known) ?? (known.length === 0 ? undefined : `Known: ${known.join(', ')}.`);
  return {
    message: `unknown key "${key}"${path.length === 0 ? '' : ` in "${path.map(String).join('.')}"`}`,
    location: keyLocation(document, lines, file, [...path, key]),
    ...(hint === undefined ? {} : { hint }),
  };
}

function invalidKey(issue: z.core.$ZodIssueInvalidKey, { document, lines, file }: Reading): YamlProblem {
  return {
    message: `"${issue.path.map(String).join('.')}": ${lowerFirst(issue.issues[0]?.message ?? issue.message)}`,
    location: keyLocation(document, lines, file, issue.path),
  };
}

function nearOption(issue: z.core.$ZodIssue, { document }: Reading): string | undefined {
  const given: unknown = document.getIn(issue.path);
  if (issue.code !== 'invalid_value' || typeof given !== 'string') return undefined;
  return didYouMean(given, issue.values.map(String));
}

/** Where the key at the end of `path` is written. */
function keyLocation(document: Document, lines: LineCounter, file: string, path: Path): SourceLocation {
  const inside = path.slice(0, -1);
  const parent = inside.length === 0 ? document.contents : document.getIn(inside, true);
  const pair = isMap(parent)
    ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(path.at(-1)))
    : undefined;
  const offset = rangeStart(pair?.key);
  return offset === undefined ? locationOf(document, lines, file, path) : at(file, lines, offset);
}

function locationOf(document: Document, lines: LineCounter, file: string, path: Path): SourceLocation {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const offset = rangeStart(node);
    if (offset !== undefined) return at(file, lines, offset);
  }
  return at(file, lines, rangeStart(document.contents) ?? 0);
}

function rangeStart(node: unknown): number | undefined {
  if (node === null || typeof node !== 'object' || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const [start]: unknown[] = node.range;
  return typeof start === 'number' ? start : undefined;
}

function at(file: string, lines: LineCounter, offset: number): SourceLocation {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}

function byPlace(a: YamlProblem, b: YamlProblem): number {
  return a.location.line - b.location.line || a.location.column - b.location.column;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The problem of naming something that does not exist, with near matches as the hint. */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
  location: SourceLocation,
): YamlProblem {
  const hint = didYouMean(name, known) ?? (known.length === 0 ? 'There are none.' : `Known: ${known.join(', ')}.`);
  return { message: `unknown ${kind} "${name}"`, location, hint };
}
