import { type ConfigSyntaxError, type Token, tokenize, wordValue } from './tokenize.ts';

/** One word of a directive. */
interface Word {
  /** The value as nginx reads it. */
  readonly value: string;
  readonly token: Token;
}

/** A directive where it stands: `text.slice(start, end)` runs from its first word to its `;` or closing brace. */
export interface Directive {
  readonly name: string;
  readonly args: readonly Word[];
  readonly start: number;
  readonly end: number;
  readonly line: number;
  /** null for a simple directive that ends with `;`. */
  readonly block: Block | null;
}

/** The inside of a pair of braces. */
interface Block {
  readonly open: Token;
  readonly close: Token;
  /** Empty for a Lua block, whose body is not nginx's. */
  readonly directives: readonly Directive[];
}

/** One configuration file's structure, or why it has none. */
export type ConfigTree =
  | { readonly ok: true; readonly tokens: readonly Token[]; readonly directives: readonly Directive[] }
  | { readonly ok: false; readonly error: ConfigSyntaxError };

interface Level {
  readonly directives: Directive[];
  /** The words and the opening brace of the directive whose block this is; null for the file itself. */
  readonly owner: { readonly words: readonly Word[]; readonly open: Token } | null;
}

interface Build {
  readonly levels: Level[];
  words: Word[];
}

/** The structure of one configuration file's text. Blocks must be balanced within the file, as nginx demands. */
export function parseTree(text: string): ConfigTree {
  const tokenized = tokenize(text);
  if (!tokenized.ok) return tokenized;
  const root: Level = { directives: [], owner: null };
  const build: Build = { levels: [root], words: [] };
  for (const token of tokenized.tokens) {
    const error = place(build, token, text);
    if (error) return { ok: false, error };
  }
  const error = unfinished(build);
  return error ? { ok: false, error } : { ok: true, tokens: tokenized.tokens, directives: root.directives };
}

function place(build: Build, token: Token, text: string): ConfigSyntaxError | null {
  switch (token.kind) {
    case 'word':
      build.words.push({ value: wordValue(text.slice(token.start, token.end)), token });
      return null;
    case 'end':
      return endDirective(build, token);
    case 'open':
      return openBlock(build, token);
    case 'close':
      return closeBlock(build, token);
    default:
      return null;
  }
}

function endDirective(build: Build, token: Token): ConfigSyntaxError | null {
  if (build.words.length === 0) return unexpected(';', token);
  build.levels.at(-1)?.directives.push(directive(build.words, token, null));
  build.words = [];
  return null;
}

function openBlock(build: Build, token: Token): ConfigSyntaxError | null {
  if (build.words.length === 0) return unexpected('{', token);
  build.levels.push({ directives: [], owner: { words: build.words, open: token } });
  build.words = [];
  return null;
}

function closeBlock(build: Build, token: Token): ConfigSyntaxError | null {
  const level = build.levels.at(-1);
  if (!level?.owner || build.words.length > 0) return unexpected('}', token);
  build.levels.pop();
  const { words, open } = level.owner;
  build.levels.at(-1)?.directives.push(directive(words, token, { open, close: token, directives: level.directives }));
  return null;
}

function directive(words: readonly Word[], last: Token, block: Block | null): Directive {
  const [first, ...args] = words;
  const start = first?.token.start ?? last.start;
  return { name: first?.value ?? '', args, start, end: last.end, line: first?.token.line ?? last.line, block };
}

function unexpected(character: string, token: Token): ConfigSyntaxError {
  return { kind: 'unexpected-character', line: token.line, message: `unexpected "${character}"` };
}

function unfinished(build: Build): ConfigSyntaxError | null {
  const [first] = build.words;
  if (first) {
    const message = `unexpected end of file, expecting ";" or "}" after "${first.value}"`;
    return { kind: 'unexpected-end', line: first.token.line, message };
  }
  const open = build.levels.at(-1)?.owner?.open;
  return open ? { kind: 'unexpected-end', line: open.line, message: 'unexpected end of file, expecting "}"' } : null;
}
