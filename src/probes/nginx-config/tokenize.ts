import { luaBlockEnd } from './lua-block.ts';

/**
 * The lexer of nginx's configuration language, keeping every character.
 *
 * Rules (nginx source, ngx_conf_read_token): `#` and quotes are special only where a word may begin; a backslash takes
 * the next character along; `{` directly after `$` belongs to the word (`${name}`); `}` inside a word is an ordinary
 * character; after a closing quote only a blank, `;`, `{` or `)` may follow. The body of a `*_by_lua_block` is Lua
 * (lua-nginx-module) and is one token.
 *
 * Offsets count UTF-16 units of the text that was given. Everything special is ASCII, so text decoded as UTF-8 or as
 * latin1 is cut at the same places; whoever writes a file back must decode it as latin1 to keep bytes that are not UTF-8.
 */

/** What a stretch of configuration text is. `end` is `;`, `lua` the body of a Lua block without its braces. */
type TokenKind = 'space' | 'comment' | 'word' | 'end' | 'open' | 'close' | 'lua';

/** A stretch of configuration text: `text.slice(start, end)`. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** 1-based line of its first character. */
  readonly line: number;
}

/** Why text is not an nginx configuration, in nginx's words where it has some. */
export interface ConfigSyntaxError {
  readonly kind: 'unterminated-quote' | 'unterminated-lua' | 'unexpected-character' | 'unexpected-end';
  /** 1-based line of the place that is wrong; for something unterminated, the line where it began. */
  readonly line: number;
  readonly message: string;
}

/** The tokens of a text, covering it from the first to the last character without a gap, or why there are none. */
export type Tokenized =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly error: ConfigSyntaxError };

interface Scan {
  readonly text: string;
  readonly tokens: Token[];
  at: number;
  line: number;
  /** The first word of the directive being read; null between directives. */
  directive: string | null;
}

const BLANKS = ' \t\r\n';

/** Cuts configuration text into tokens. Never throws. */
export function tokenize(text: string): Tokenized {
  const scan: Scan = { text, tokens: [], at: 0, line: 1, directive: null };
  while (scan.at < text.length) {
    const error = step(scan);
    if (error) return { ok: false, error };
  }
  return { ok: true, tokens: scan.tokens };
}

/** The value nginx reads from a word as written: quotes taken off, escapes resolved (ngx_conf_read_token). */
export function wordValue(raw: string): string {
  const quoted = raw.startsWith('"') || raw.startsWith("'");
  const inner = quoted ? raw.slice(1, -1) : raw;
  return inner.replace(/\\([\s\S])/g, (pair, escaped: string) => ESCAPES[escaped] ?? pair);
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };

function step(scan: Scan): ConfigSyntaxError | null {
  const character = scan.text.charAt(scan.at);
  if (BLANKS.includes(character)) return push(scan, 'space', endOfBlanks(scan.text, scan.at));
  if (character === '#') return push(scan, 'comment', endOfLine(scan.text, scan.at));
  if (character === '"' || character === "'") return quotedWord(scan, character);
  if (character === '{') return openBlock(scan);
  if (character === ';' || character === '}') {
    scan.directive = null;
    return push(scan, character === ';' ? 'end' : 'close', scan.at + 1);
  }
  return word(scan, endOfBareWord(scan.text, scan.at));
}

function push(scan: Scan, kind: TokenKind, end: number): null {
  scan.tokens.push({ kind, start: scan.at, end, line: scan.line });
  for (; scan.at < end; scan.at++) if (scan.text.charAt(scan.at) === '\n') scan.line++;
  return null;
}

function word(scan: Scan, end: number): null {
  scan.directive ??= wordValue(scan.text.slice(scan.at, end));
  return push(scan, 'word', end);
}

function quotedWord(scan: Scan, quote: string): ConfigSyntaxError | null {
  const end = endOfQuoted(scan.text, scan.at, quote);
  if (end === -1) {
    return { kind: 'unterminated-quote', line: scan.line, message: `the quote ${quote} is not closed` };
  }
  word(scan, end);
  const next = scan.text.charAt(end);
  if (next === '' || `${BLANKS};{)`.includes(next)) return null;
  return {
    kind: 'unexpected-character',
    line: scan.line,
    message: `unexpected ${JSON.stringify(next)} after a closing quote`,
  };
}

function openBlock(scan: Scan): ConfigSyntaxError | null {
  const lua = scan.directive?.endsWith('_by_lua_block') === true;
  const line = scan.line;
  scan.directive = null;
  push(scan, 'open', scan.at + 1);
  if (!lua) return null;
  const end = luaBlockEnd(scan.text, scan.at);
  if (end === -1) return { kind: 'unterminated-lua', line, message: 'the Lua block is not closed' };
  return end > scan.at ? push(scan, 'lua', end) : null;
}

function endOfBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length && BLANKS.includes(text.charAt(at))) at++;
  return at;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}

function endOfQuoted(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') at++;
    else if (character === quote) return at + 1;
  }
  return -1;
}

function endOfBareWord(text: string, start: number): number {
  let afterDollar = false;
  let at = start;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '{' && afterDollar) continue;
    afterDollar = character === '$';
    if (character === '\\') at++;
    else if (character === ';' || character === '{' || BLANKS.includes(character)) return at;
  }
  return Math.min(at, text.length);
}
