import type { InsertionPoint } from './outline-fact.ts';
import type { Directive } from './tree.ts';

/** A file's text, one character per byte, with the places where its lines begin. */
export interface LinedText {
  readonly text: string;
  /** Offset of the first character of every line; the first is 0. */
  readonly starts: readonly number[];
}

/** Finds where the lines of a text begin. */
export function linedText(text: string): LinedText {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return { text, starts };
}

/** The 1-based line of an offset. */
function lineAt({ starts }: LinedText, at: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** Behind a directive: on the next line when only a comment follows on its own. */
export function afterDirective(lined: LinedText, { start, end }: Directive): InsertionPoint {
  return behind(lined, end, indentOf(lined, start));
}

/** Behind an opening brace, indented like the first thing in the block. */
export function insideBlock(lined: LinedText, { start, block }: Directive): InsertionPoint {
  const open = block?.open.end ?? start;
  const first = block?.directives[0];
  const outer = indentOf(lined, start);
  const inner = first && ownLine(lined, first.start) ? indentOf(lined, first.start) : `${outer}${unitOf(outer)}`;
  return behind(lined, open, inner);
}

/** Before a directive and the comment lines directly above it. */
export function beforeDirective(lined: LinedText, { start }: Directive): InsertionPoint {
  const indent = indentOf(lined, start);
  let line = lineAt(lined, start);
  if (!ownLine(lined, start)) return { at: start, line, mode: 'inline', indent };
  while (line > 1 && /^[ \t]*#/.test(lineText(lined, line - 1))) line -= 1;
  return { at: lined.starts[line - 1] ?? 0, line, mode: 'line', indent };
}

/** The text of a 1-based line, without its newline. */
export function lineText({ text, starts }: LinedText, line: number): string {
  const from = starts[line - 1] ?? text.length;
  const to = starts[line] ?? text.length + 1;
  return text.slice(from, to - 1).replace(/\r$/, '');
}

function behind(lined: LinedText, at: number, indent: string): InsertionPoint {
  const { text } = lined;
  const newline = text.indexOf('\n', at);
  const rest = text.slice(at, newline === -1 ? text.length : newline);
  const line = lineAt(lined, Math.max(0, at - 1));
  if (!/^[ \t\r]*(?:#.*)?$/.test(rest)) return { at, line, mode: 'inline', indent };
  if (newline === -1) return { at: text.length, line, mode: 'end', indent };
  return { at: newline + 1, line, mode: 'line', indent };
}

/** Whether nothing but blanks precedes an offset on its line. */
function ownLine({ text, starts }: LinedText, at: number): boolean {
  const from = starts[lineAt({ text, starts }, at) - 1] ?? 0;
  return /^[ \t]*$/.test(text.slice(from, at));
}

/** The blanks at the beginning of the line on which an offset lies; a byte order mark is none. */
function indentOf({ text, starts }: LinedText, at: number): string {
  const from = starts[lineAt({ text, starts }, at) - 1] ?? 0;
  return (/^[ \t]*/.exec(text.slice(from, at))?.[0] ?? '').slice(0, MAX_INDENT);
}

const MAX_INDENT = 64;

function unitOf(indent: string): string {
  return indent.includes('\t') ? '\t' : '  ';
}
