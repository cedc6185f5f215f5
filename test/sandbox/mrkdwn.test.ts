import { expect, test } from 'vitest';
import { parseMarkdown } from '../../src/sandbox/page/markdown.ts';
import { type Piece, parseMrkdwn } from '../../src/sandbox/page/mrkdwn.ts';

/** Pieces as a compact notation, so that a case is one line. */
function shown(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === 'text') return piece.text;
      if (piece.kind === 'break') return '⏎';
      if ('pieces' in piece) return `{${piece.kind} ${shown(piece.pieces)}}`;
      if ('text' in piece) return `{${piece.kind} ${'url' in piece ? `${piece.url} ` : ''}${piece.text}}`;
      if ('name' in piece) return `{emoji ${piece.name}}`;
      return 'label' in piece
        ? `{${piece.kind} ${piece.id} ${piece.label}}`
        : `{date ${piece.timeS} ${piece.format} ${piece.fallback}}`;
    })
    .join('');
}

test.each([
  ['*bold* _it_ ~no~ `a*b*c`', '{bold bold} {italic it} {strike no} {code a*b*c}'],
  ['2*3*4 snake_case_name a~b~c', '2*3*4 snake_case_name a~b~c'],
  ['* not bold * and *also not', '* not bold * and *also not'],
  ['*<@U1> did _it_*', '{bold {user U1 } did {italic it}}'],
  [
    '<https://e.com/?a=1&amp;b=2|here> <mailto:a@e.com>',
    '{link https://e.com/?a=1&b=2 here} {link mailto:a@e.com mailto:a@e.com}',
  ],
  ['<javascript:alert(1)|x>', '<javascript:alert(1)|x>'],
  ['<#C1|ops> <!here> <!subteam^S1|@sre>', '{channel C1 ops} {broadcast here } {group S1 @sre}'],
  ['<!date^1700000000^{date_short} {time}|at noon>', '{date 1700000000 {date_short} {time} at noon}'],
  ['a &lt;b&gt; &amp;amp;', 'a <b> &amp;'],
  ['> one\n&gt; two\nthree', '{quote one⏎two}three'],
  ['x\n```\n*raw* &lt;\n```\ny', 'x{fence *raw* <}y'],
  ['``` never closed', '``` never closed'],
  [':tada: 10:20:30', '{emoji tada} 10{emoji 20}30'],
  ['<b>markup</b><script>', '<b>markup</b><script>'],
])('%s', (source, expected) => {
  expect(shown(parseMrkdwn(source))).toBe(expected);
});

test('markdown has headings, lists, fences, quotes and spans', () => {
  const parts = parseMarkdown('# Title\ntext **b** [l](https://e.com)\n\n- one\n- two\n\n> said\n\n```sh\nls\n```');
  expect(parts.map((part) => part.kind)).toEqual(['heading', 'paragraph', 'items', 'quote', 'fence']);
  expect(shown(parts.flatMap((part) => ('pieces' in part ? part.pieces : [])))).toBe(
    'Titletext {bold b} {link https://e.com l}said',
  );
});
