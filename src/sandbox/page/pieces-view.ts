import { dateView } from './dates.ts';
import { type Child, fragment, h } from './dom.ts';
import { emojiText } from './emoji.ts';
import { type Part, parseMarkdown } from './markdown.ts';
import { type Piece, parseMrkdwn } from './mrkdwn.ts';
import type { Names } from './names.ts';

/* Characters that reorder or hide text (Unicode UAX 9, bidirectional controls) are shown by their number. */
const REORDERING = /([\u200e\u200f\u202a-\u202e\u2066-\u2069])/;

/** Text as it is; characters that would reorder it become visible. */
export function literal(text: string): Child {
  if (!REORDERING.test(text)) return text;
  const parts = text.split(REORDERING).map((part, index) => {
    if (index % 2 === 0) return part;
    const code = part.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    return h(
      'span',
      { class: 'control-character', title: 'A character that changes the direction of text' },
      `U+${code}`,
    );
  });
  return fragment(...parts);
}

/** Slack's markup as nodes. */
export function mrkdwnView(source: string, names: Names): DocumentFragment {
  return piecesView(parseMrkdwn(source), names);
}

/** Markdown as nodes. */
export function markdownView(source: string, names: Names): DocumentFragment {
  return fragment(...parseMarkdown(source).map((part) => partView(part, names)));
}

/** A link that cannot run script and does not tell where it was clicked. */
export function linkView(url: string, label: Child): HTMLElement {
  const safe = /^(?:https?:|mailto:|tel:)/i.test(url);
  if (!safe) return h('span', {}, label);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, label);
}

/** A person's, channel's or group's name as it stands in text. */
export function mentionView(text: string, isMe = false): HTMLElement {
  return h('span', { class: isMe ? 'mention mention-me' : 'mention' }, literal(text));
}

function piecesView(pieces: readonly Piece[], names: Names): DocumentFragment {
  return fragment(...pieces.map((piece) => pieceView(piece, names)));
}

function pieceView(piece: Piece, names: Names): Child {
  switch (piece.kind) {
    case 'text':
      return literal(piece.text);
    case 'break':
      return h('br');
    case 'bold':
      return h('strong', {}, piecesView(piece.pieces, names));
    case 'italic':
      return h('em', {}, piecesView(piece.pieces, names));
    case 'strike':
      return h('s', {}, piecesView(piece.pieces, names));
    case 'quote':
      return h('blockquote', {}, piecesView(piece.pieces, names));
    case 'code':
      return h('code', {}, literal(piece.text));
    case 'fence':
      return h('pre', {}, literal(piece.text));
    case 'link':
      return linkView(piece.url, literal(piece.text));
    case 'emoji':
      return emojiText(piece.name);
    case 'date':
      return dateView(piece.timeS, piece.format, piece.fallback);
    default:
      return referenceView(piece, names);
  }
}

function referenceView(piece: Extract<Piece, { label: string }>, names: Names): Child {
  if (piece.kind === 'user') return mentionView(`@${names.user(piece.id)}`, piece.id === names.me);
  if (piece.kind === 'channel') return mentionView(`#${names.channel(piece.id)}`);
  if (piece.kind === 'group') return mentionView(`@${names.group(piece.id)}`);
  return mentionView(`@${piece.id}`, true);
}

function partView(part: Part, names: Names): Child {
  if (part.kind === 'fence') return h('pre', {}, literal(part.text));
  if (part.kind === 'items') {
    const items = part.items.map((item) => h('li', {}, piecesView(item, names)));
    return part.ordered ? h('ol', {}, ...items) : h('ul', {}, ...items);
  }
  const inner = piecesView(part.pieces, names);
  if (part.kind === 'quote') return h('blockquote', {}, inner);
  return h('p', { class: part.kind === 'heading' ? 'markdown-heading' : undefined }, inner);
}
