import type { Piece } from './mrkdwn.ts';

/** A part of a `markdown` block. */
export type Part =
  | { readonly kind: 'heading' | 'paragraph' | 'quote'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'items'; readonly ordered: boolean; readonly items: readonly (readonly Piece[])[] }
  | { readonly kind: 'fence'; readonly text: string };

const SPAN = /`([^`\n]+)`|\*\*(.+?)\*\*|~~(.+?)~~|[*_]([^*_\n]+)[*_]|\[([^\]\n]+)\]\((https?:[^)\s]+)\)|(\n)/;

/** The common part of Markdown, as Slack's `markdown` block knows it. */
export function parseMarkdown(source: string): readonly Part[] {
  const parts: Part[] = [];
  for (const [index, chunk] of source.split(/^```.*$/m).entries()) {
    if (index % 2 === 1) parts.push({ kind: 'fence', text: chunk.replace(/^\n|\n$/g, '') });
    else parts.push(...chunk.split(/\n{2,}/).flatMap((lines) => parseLines(lines.replace(/^\n+|\n+$/g, ''))));
  }
  return parts;
}

function parseLines(lines: string): readonly Part[] {
  if (lines === '') return [];
  const heading = /^#{1,6} (.*)(?:\n([\s\S]*))?$/.exec(lines);
  if (heading) return [{ kind: 'heading', pieces: parseSpans(heading[1] ?? '') }, ...parseLines(heading[2] ?? '')];
  const all = lines.split('\n');
  const bullet = /^\s*(?:[-*+]|\d+\.) /;
  if (all.every((line) => bullet.test(line))) {
    const ordered = /^\s*\d/.test(lines);
    return [{ kind: 'items', ordered, items: all.map((line) => parseSpans(line.replace(bullet, ''))) }];
  }
  if (all.every((line) => line.startsWith('>'))) {
    return [{ kind: 'quote', pieces: parseSpans(all.map((line) => line.replace(/^> ?/, '')).join('\n')) }];
  }
  return [{ kind: 'paragraph', pieces: parseSpans(lines) }];
}

function parseSpans(source: string): readonly Piece[] {
  const match = SPAN.exec(source);
  if (!match) return source === '' ? [] : [{ kind: 'text', text: source }];
  const before = source.slice(0, match.index);
  const after = parseSpans(source.slice(match.index + match[0].length));
  return [...(before === '' ? [] : [{ kind: 'text', text: before } as const]), spanOf(match), ...after];
}

function spanOf([, code, bold, strike, italic, label, url]: RegExpExecArray): Piece {
  if (code !== undefined) return { kind: 'code', text: code };
  if (bold !== undefined) return { kind: 'bold', pieces: parseSpans(bold) };
  if (strike !== undefined) return { kind: 'strike', pieces: parseSpans(strike) };
  if (italic !== undefined) return { kind: 'italic', pieces: parseSpans(italic) };
  return url === undefined ? { kind: 'break' } : { kind: 'link', url, text: label ?? url };
}
