/** A piece of Slack's markup. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'break' }
  | { readonly kind: 'bold' | 'italic' | 'strike' | 'quote'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'code' | 'fence'; readonly text: string }
  | { readonly kind: 'link'; readonly url: string; readonly text: string }
  | { readonly kind: 'user' | 'channel' | 'group' | 'broadcast'; readonly id: string; readonly label: string }
  | { readonly kind: 'date'; readonly timeS: number; readonly format: string; readonly fallback: string }
  | { readonly kind: 'emoji'; readonly name: string };

const EMPHASIS: Readonly<Record<string, 'bold' | 'italic' | 'strike'>> = { '*': 'bold', _: 'italic', '~': 'strike' };

/** Slack's markup as pieces (docs.slack.dev/messaging/formatting-message-text). Whatever is not markup stays text. */
export function parseMrkdwn(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let rest = source;
  for (;;) {
    const fence = /```\n?([\s\S]+?)\n?```\n?/.exec(rest);
    if (fence === null) return [...pieces, ...quotedLines(rest)];
    pieces.push(...quotedLines(rest.slice(0, fence.index).replace(/\n$/, '')));
    pieces.push({ kind: 'fence', text: decodeEscapes(fence[1] ?? '') });
    rest = rest.slice(fence.index + fence[0].length);
  }
}

/** The three escapes that Slack knows, undone. */
function decodeEscapes(source: string): string {
  return source.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Neighbouring lines that begin with `>` become one quote. */
function quotedLines(source: string): readonly Piece[] {
  if (source === '') return [];
  const pieces: Piece[] = [];
  let plain: string[] = [];
  let quoted: string[] = [];
  function flush(): void {
    if (plain.length > 0) pieces.push(...parseInline(plain.join('\n')));
    if (quoted.length > 0) pieces.push({ kind: 'quote', pieces: parseInline(quoted.join('\n')) });
    plain = [];
    quoted = [];
  }
  for (const line of source.split('\n')) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if ((quote ? plain : quoted).length > 0) flush();
    if (quote) quoted.push(quote[1] ?? '');
    else plain.push(line);
  }
  flush();
  return pieces;
}

/** Markup within lines: code, references, emphasis, emoji. */
function parseInline(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  let at = 0;
  while (at < source.length) {
    const found = pieceAt(source, at);
    if (found === undefined) {
      plain += source[at];
      at += 1;
      continue;
    }
    if (plain !== '') pieces.push({ kind: 'text', text: decodeEscapes(plain) });
    plain = '';
    pieces.push(found.piece);
    at += found.length;
  }
  if (plain !== '') pieces.push({ kind: 'text', text: decodeEscapes(plain) });
  return pieces;
}

interface Found {
  readonly piece: Piece;
  readonly length: number;
}

function pieceAt(source: string, at: number): Found | undefined {
  const character = source[at] ?? '';
  if (character === '\n') return { piece: { kind: 'break' }, length: 1 };
  const rest = source.slice(at);
  if (character === '`') return codeAt(rest);
  if (character === '<') return referenceAt(rest);
  if (character === ':') return emojiAt(rest);
  const kind = EMPHASIS[character];
  return kind === undefined || isWord(source[at - 1]) ? undefined : emphasisAt(rest, character, kind);
}

function codeAt(rest: string): Found | undefined {
  const match = /^`([^`\n]+)`/.exec(rest);
  return match ? { piece: { kind: 'code', text: decodeEscapes(match[1] ?? '') }, length: match[0].length } : undefined;
}

function emojiAt(rest: string): Found | undefined {
  const match = /^:([a-z0-9_+'-]+):/.exec(rest);
  return match ? { piece: { kind: 'emoji', name: match[1] ?? '' }, length: match[0].length } : undefined;
}

function emphasisAt(rest: string, mark: string, kind: 'bold' | 'italic' | 'strike'): Found | undefined {
  if (isSpace(rest[1]) || rest[1] === mark) return undefined;
  for (let end = 2; end < rest.length && rest[end] !== '\n'; end++) {
    const hidden = codeAt(rest.slice(end)) ?? (rest[end] === '<' ? referenceAt(rest.slice(end)) : undefined);
    if (hidden) end += hidden.length - 1;
    else if (rest[end] === mark && !isSpace(rest[end - 1]) && !isWord(rest[end + 1])) {
      return { piece: { kind, pieces: parseInline(rest.slice(1, end)) }, length: end + 1 };
    }
  }
  return undefined;
}

function referenceAt(rest: string): Found | undefined {
  const match = /^<([^<>\n]+)>/.exec(rest);
  if (!match) return undefined;
  const piece = parseReference(match[1] ?? '');
  return piece ? { piece, length: match[0].length } : undefined;
}

function parseReference(inner: string): Piece | undefined {
  const [target = '', ...labels] = inner.split('|');
  const label = decodeEscapes(labels.join('|'));
  if (target.startsWith('@')) return { kind: 'user', id: target.slice(1), label };
  if (target.startsWith('#')) return { kind: 'channel', id: target.slice(1), label };
  if (target.startsWith('!subteam^')) return { kind: 'group', id: target.slice('!subteam^'.length), label };
  if (target.startsWith('!date^')) return parseDate(target, label);
  if (/^!(?:here|channel|everyone)$/.test(target)) return { kind: 'broadcast', id: target.slice(1), label };
  const url = decodeEscapes(target);
  return /^(?:https?:|mailto:|tel:)/i.test(url) ? { kind: 'link', url, text: label || url } : undefined;
}

/** `!date^seconds^format[^link]`, then the fallback. */
function parseDate(target: string, fallback: string): Piece {
  const [, seconds = '', format = ''] = target.split('^');
  return { kind: 'date', timeS: Number(seconds), format: decodeEscapes(format), fallback };
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || /\s/.test(character);
}
