/**
 * Where the Lua body of a `*_by_lua_block` ends: the offset of the `}` that closes it, -1 when there is none.
 * Braces in Lua strings, long brackets and comments do not count (Lua 5.1 manual 2.1; lua-nginx-module's lexer).
 */
export function luaBlockEnd(text: string, start: number): number {
  let depth = 1;
  let at = start;
  while (at !== -1 && at < text.length) {
    const character = text.charAt(at);
    if (character === '}' && --depth === 0) return at;
    if (character === '{') depth++;
    at = afterLuaToken(text, at, character);
  }
  return -1;
}

function afterLuaToken(text: string, at: number, character: string): number {
  if (character === '"' || character === "'") return afterString(text, at, character);
  if (character === '[') return afterLongBracket(text, at) ?? at + 1;
  if (character === '-' && text.charAt(at + 1) === '-') return afterComment(text, at + 2);
  return at + 1;
}

function afterString(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') at++;
    else if (character === quote) return at + 1;
  }
  return -1;
}

function afterComment(text: string, start: number): number {
  const long = afterLongBracket(text, start);
  if (long !== null) return long;
  const newline = text.indexOf('\n', start);
  return newline === -1 ? -1 : newline + 1;
}

/** null when no long bracket begins here, -1 when it is not closed. */
function afterLongBracket(text: string, start: number): number | null {
  if (text.charAt(start) !== '[') return null;
  let at = start + 1;
  while (text.charAt(at) === '=') at++;
  if (text.charAt(at) !== '[') return null;
  const close = `]${'='.repeat(at - start - 1)}]`;
  const end = text.indexOf(close, at + 1);
  return end === -1 ? -1 : end + close.length;
}
