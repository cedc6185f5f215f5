import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { type ErrorCode, OperatorError, type SourceLocation } from './error.ts';
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
  const syntax = document.errors.map((error) => ({
    message: error.message,
    location: at(file, lines, error.pos[0]),
  }));
  if (syntax.length > 0) throw failure(errors.syntax, syntax);
  const result = schema.safeParse(plainValue(document, file, errors));
  if (result.success) return { value: result.data, locate };
  throw failure(
    errors.invalid,
    result.error.issues.flatMap((issue) => problemsOf(issue, document, lines, file)),
  );
}

function plainValue(document: Document, file: string, errors: YamlErrors): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 }) ?? {};
  } catch (cause) {
    throw new OperatorError(errors.syntax, {
      message: `${file} uses too many aliases`,
      hint: 'Write the repeated parts out.',
      location: { file, line: 1, column: 1 },
      cause,
    });
  }
}

function failure(code: ErrorCode, problems: readonly YamlProblem[]): OperatorError {
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

function problemsOf(issue: z.core.$ZodIssue, document: Document, lines: LineCounter, file: string): YamlProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, issue.path, document, lines, file));
  }
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((alternative) =>
      alternative.some((inner) => inner.code !== 'invalid_type' || inner.path.length > 0),
    );
    if (branch) {
      return branch.flatMap((inner) =>
        problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, document, lines, file),
      );
    }
  }
  const where = issue.path.length === 0 ? 'the file' : `"${issue.path.map(String).join('.')}"`;
  const absent = issue.code === 'invalid_type' && document.getIn(issue.path, true) === undefined;
  const message = absent ? `${where} is missing` : `${where}: ${lowerFirst(issue.message)}`;
  return [{ message, location: locationOf(document, lines, file, issue.path) }];
}

function unknownKey(key: string, path: Path, document: Document, lines: LineCounter, file: string): YamlProblem {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(parent)
    ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : undefined;
  const offset = pair && isScalar(pair.key) ? pair.key.range?.[0] : undefined;
  const location = offset === undefined ? locationOf(document, lines, file, path) : at(file, lines, offset);
  return { message: `unknown key "${key}"${path.length === 0 ? '' : ` in "${path.map(String).join('.')}"`}`, location };
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
  const hint = didYouMean(name, known) ?? `Known: ${known.join(', ')}.`;
  return { message: `unknown ${kind} "${name}"`, location, hint };
}
