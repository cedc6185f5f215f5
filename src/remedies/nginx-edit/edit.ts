import type { FileOutline, InsertionPoint } from '../../probes/nginx-config/outline-fact.ts';
import type { Splice } from '../remedy.ts';
import type { Located } from './placed.ts';
import { bytesOf } from './splice.ts';

/** One thing that changes in a file. */
export interface Edit {
  readonly file: FileOutline;
  readonly splice: Splice;
  /** The line that is changed, or beside which lines are put in. */
  readonly line: number;
  /** `within`: in that line. `after`, `before`: whole lines beside it. `removed`: the line goes. */
  readonly where: 'within' | 'after' | 'before' | 'removed';
  /** Lines that tell people where it is: the head of the block. */
  readonly context: readonly number[];
}

/** Puts statements in, each on lines of its own where the file is written that way. A statement may have several lines. */
export function insertAt(
  file: FileOutline,
  point: InsertionPoint,
  statement: string,
  { side = 'after', context = [] }: { side?: 'after' | 'before'; context?: readonly number[] } = {},
): Edit {
  const splice = { at: point.at, remove: 0, insert: bytesOf(insertedText(file, point, statement, side)) };
  return { file, splice, line: point.line, where: point.mode === 'inline' ? 'within' : side, context };
}

function insertedText(
  file: FileOutline,
  { mode, indent }: InsertionPoint,
  statement: string,
  side: 'after' | 'before',
): string {
  const lines = statement.split('\n');
  if (mode === 'inline') {
    const joined = lines.map((line) => line.trim()).filter((line) => line !== '');
    return side === 'after' ? ` ${joined.join(' ')}` : `${joined.join(' ')} `;
  }
  const indented = lines.map((line) => (line === '' ? '' : indent + line));
  return mode === 'line'
    ? indented.map((line) => line + file.newline).join('')
    : indented.map((line) => file.newline + line).join('');
}

/** Writes another word in the place of one argument. */
export function replaceArgument({ file, directive }: Located, index: number, text: string): Edit | null {
  const [start, end] = directive.words[index] ?? [];
  if (start === undefined || end === undefined) return null;
  const holds = file.lines.find(({ at, bytes }) => at <= start && end <= at + bytes);
  const splice = { at: start, remove: end - start, insert: bytesOf(text) };
  return { file, splice, line: holds?.line ?? directive.line, where: 'within', context: [] };
}

/** Takes a simple directive out, with its line when it has one of its own. */
export function removeDirective({ file, directive }: Located): Edit {
  const { start, end, line, after } = directive;
  const own = file.lines.find((known) => known.line === line);
  const alone = own !== undefined && own.at + after.indent.length === start && own.at + own.bytes === end;
  if (alone && after.mode === 'line') {
    const splice = { at: own.at, remove: after.at - own.at, insert: '' };
    return { file, splice, line, where: 'removed', context: [] };
  }
  return { file, splice: { at: start, remove: end - start, insert: '' }, line, where: 'within', context: [] };
}

/** The edits of one file as splices: ascending, the same edit once, insertions at one place joined; null when two contradict. */
export function splicesOf(edits: readonly Edit[]): readonly Splice[] | null {
  const distinct = distinctEdits(edits).map(({ splice, where }, order) => ({
    ...splice,
    late: where === 'before',
    order,
  }));
  distinct.sort((a, b) => a.at - b.at || a.remove - b.remove || Number(a.late) - Number(b.late) || a.order - b.order);
  const joined: Splice[] = [];
  for (const { at, remove, insert } of distinct) {
    const last = joined.at(-1);
    if (last && at < last.at + last.remove) return null;
    if (last && at === last.at) joined.splice(-1, 1, { at, remove, insert: last.insert + insert });
    else joined.push({ at, remove, insert });
  }
  return joined;
}

/** An edit that several causes ask for is one edit. */
export function distinctEdits(edits: readonly Edit[]): readonly Edit[] {
  const seen = new Set<string>();
  return edits.filter(({ file, splice }) => {
    const key = JSON.stringify([fileKey(file), splice.at, splice.remove, splice.insert]);
    return !seen.has(key) && seen.add(key);
  });
}

/** The same for two names of one file. */
export function fileKey({ path, target }: FileOutline): string {
  return target ?? path;
}
