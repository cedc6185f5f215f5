import type { FileOutline, OutlineLine } from '../../probes/nginx-config/outline-fact.ts';
import type { ShownLine } from '../remedy.ts';
import { distinctEdits, type Edit, splicesOf } from './edit.ts';
import { applySplices, bytesOf, textOf } from './splice.ts';

/** The lines around a file's edits, in order: what stays for orientation, what goes and what comes. */
export function shownLines(file: FileOutline, edits: readonly Edit[]): readonly ShownLine[] {
  const distinct = distinctEdits(edits);
  const touched = new Map<number, Edit[]>();
  for (const edit of distinct) touched.set(edit.line, [...(touched.get(edit.line) ?? []), edit]);
  const known = new Map(file.lines.map((line) => [line.line, line]));
  const wanted = new Set([...touched].flatMap(([line, all]) => [line, ...contextOf(line, all)]));
  return [...wanted]
    .sort((a, b) => a - b)
    .flatMap((line) => changedLine(known.get(line), line, touched.get(line) ?? []));
}

/** The head of the block, and the neighbours on the side where lines come in. */
function contextOf(line: number, edits: readonly Edit[]): number[] {
  return edits.flatMap(({ where, context }) => {
    const beside = where === 'after' ? [line - 1] : where === 'before' ? [] : [line - 1, line + 1];
    return [...context, ...beside];
  });
}

function changedLine(known: OutlineLine | undefined, line: number, edits: readonly Edit[]): ShownLine[] {
  const of = (where: Edit['where']) => edits.filter((edit) => edit.where === where);
  const added = (all: readonly Edit[]) => all.flatMap(insertedLines);
  return [
    ...added(of('before')),
    ...keptOrChanged(known, line, of('within'), of('removed').length > 0),
    ...added(of('after')),
  ];
}

function keptOrChanged(
  known: OutlineLine | undefined,
  line: number,
  within: readonly Edit[],
  removed: boolean,
): ShownLine[] {
  if (removed) return [{ mark: '-', line, text: known?.text ?? '' }];
  if (within.length === 0) return known === undefined ? [] : [{ mark: ' ', line, text: known.text }];
  const changed = known && newText(known, within);
  if (known && changed !== undefined) {
    return [
      { mark: '-', line, text: known.text },
      { mark: '+', line: null, text: changed },
    ];
  }
  return [
    ...(known ? [{ mark: ' ', line, text: known.text } as const] : []),
    ...within.map(({ splice }): ShownLine => ({ mark: '+', line: null, text: `… ${textOf(splice.insert).trim()} …` })),
  ];
}

/** A line after its edits; undefined when not all of the line is known, because it was cut or redacted. */
function newText({ at, bytes, text }: OutlineLine, edits: readonly Edit[]): string | undefined {
  const line = bytesOf(text);
  const splices = splicesOf(edits);
  if (line.length !== bytes || !splices) return undefined;
  const inside = splices.every((splice) => splice.at >= at && splice.at + splice.remove <= at + bytes);
  if (!inside) return undefined;
  return textOf(
    applySplices(
      line,
      splices.map((splice) => ({ ...splice, at: splice.at - at })),
    ),
  );
}

function insertedLines({ splice }: Edit): ShownLine[] {
  const lines = textOf(splice.insert)
    .split('\n')
    .map((text) => text.replace(/\r$/, ''));
  if (lines.at(0) === '') lines.shift();
  if (lines.at(-1) === '') lines.pop();
  return lines.map((text) => ({ mark: '+', line: null, text }));
}
