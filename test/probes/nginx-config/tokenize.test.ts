import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tokenized, tokenize, wordValue } from '../../../src/probes/nginx-config/tokenize.ts';
import { type Directive, parseTree } from '../../../src/probes/nginx-config/tree.ts';

const CORPUS = fileURLToPath(new URL('../../fixtures/nginx', import.meta.url));

function joined(text: string, tokenized: Tokenized): string {
  return tokenized.ok ? tokenized.tokens.map(({ start, end }) => text.slice(start, end)).join('') : '';
}

function words(text: string): string[] {
  const tokenized = tokenize(text);
  if (!tokenized.ok) throw new Error(tokenized.error.message);
  return tokenized.tokens
    .filter(({ kind }) => kind === 'word')
    .map(({ start, end }) => wordValue(text.slice(start, end)));
}

/** nginx writes variables like this. */
const VARIABLE = `$${'{host}'}`;

const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const piece = fc.constantFrom('a', 'é', VARIABLE, '$', '}', '\\{', '\\;', '\\"', '#', '"', "'", '=', '~*', '日');
const bareWord = fc.tuple(name, fc.array(piece, { maxLength: 5 })).map(([head, tail]) => head + tail.join(''));
const quotedWord = fc
  .tuple(
    fc.constantFrom('"', "'"),
    fc.array(fc.constantFrom('{', '}', ';', '#', '\n', ' ', 'x', '\\"', "\\'", '\\\\', 'ü'), { maxLength: 8 }),
  )
  .map(([quote, parts]) => quote + parts.join('') + quote);
const blank = fc.constantFrom(' ', '\t', '\r\n', '\n  ', ' # a { comment ; }\n');
const argument = fc.oneof(bareWord, quotedWord);
const simple = fc
  .tuple(name, fc.array(fc.tuple(blank, argument), { maxLength: 3 }))
  .map(([head, args]) => `${head}${args.flat().join('')};`);
const { block } = fc.letrec<{ block: string }>((tie) => ({
  block: fc
    .tuple(
      name,
      fc.array(fc.tuple(blank, fc.oneof({ depthSize: 'small' }, simple, tie('block'))), { maxLength: 4 }),
      blank,
    )
    .map(([head, inner, last]) => `${head} {${inner.flat().join('')}${last}}`),
}));
const configuration = fc
  .array(fc.tuple(blank, fc.oneof(simple, block)), { maxLength: 6 })
  .map((parts) => parts.flat().join(''));

describe('the tokens of an nginx configuration', () => {
  it('cover any text that has tokens without a gap, and give a line inside the text otherwise', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom('{', '}', ';', '"', "'", '\\', '$', '#', '\n', ' ', 'a', '_by_lua_block', '--', '[[', ']]'),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const tokenized = tokenize(text);
        if (tokenized.ok) expect(joined(text, tokenized)).toBe(text);
        else expect(tokenized.error.line).toBeLessThanOrEqual(text.split('\n').length);
      }),
      { numRuns: 2000 },
    );
  });

  it('exist for every well-formed configuration, and its blocks are balanced', () => {
    fc.assert(
      fc.property(configuration, (text) => {
        const tokenized = tokenize(text);
        expect(joined(text, tokenized)).toBe(text);
        expect(parseTree(text)).toMatchObject({ ok: true });
      }),
      { numRuns: 500 },
    );
  });

  it('know the line on which each of them begins', () => {
    fc.assert(
      fc.property(configuration, (text) => {
        const tokenized = tokenize(text);
        const tokens = tokenized.ok ? tokenized.tokens : [];
        expect(tokens.map(({ line }) => line)).toEqual(
          tokens.map(({ start }) => text.slice(0, start).split('\n').length),
        );
      }),
    );
  });

  it.each(readdirSync(CORPUS))('cover %s byte for byte in both decodings', (file) => {
    for (const encoding of ['latin1', 'utf8'] as const) {
      const text = readFileSync(join(CORPUS, file), encoding);
      expect(joined(text, tokenize(text))).toBe(text);
      expect(parseTree(text)).toMatchObject({ ok: true });
    }
    const bytes = readFileSync(join(CORPUS, file));
    expect(Buffer.from(joined(bytes.toString('latin1'), tokenize(bytes.toString('latin1'))), 'latin1')).toEqual(bytes);
  });

  it('are cut at many directives on one line in no time to speak of', () => {
    const text = 'a b;'.repeat(50_000);
    expect(joined(text, tokenize(text))).toHaveLength(text.length);
  });
});

describe('a word', () => {
  it('may hold quotes, # and } after its first character', () => {
    expect(words(`a b#c d"e f}g;`)).toEqual(['a', 'b#c', 'd"e', 'f}g']);
  });

  it('goes on after the brace of a variable', () => {
    expect(words(`set $z ${VARIABLE}_x;`)).toEqual(['set', '$z', `${VARIABLE}_x`]);
  });

  it('ends at a block when the { does not follow a $', () => {
    expect(words('location /a{2}$ { return 204; }')).toEqual(['location', '/a', '2}$', 'return', '204']);
  });

  it('loses its quotes and escapes as nginx reads it', () => {
    expect(words(`a "b \\" c" 'd \\' e' f\\ g "h\\ti" "\\d";`)).toEqual([
      'a',
      'b " c',
      "d ' e",
      'f\\ g',
      'h\ti',
      '\\d',
    ]);
  });
});

describe('text that is no configuration', () => {
  it.each([
    ['a "b\nc;', 'unterminated-quote', 1],
    ["a\n'b;", 'unterminated-quote', 2],
    ['a "b"c;', 'unexpected-character', 1],
    ['\nx_by_lua_block { } "', 'unterminated-quote', 2],
    ['x_by_lua_block {\n "}" ', 'unterminated-lua', 1],
    ['x_by_lua_block { --[[ }', 'unterminated-lua', 1],
    ['a {\n b;\n', 'unexpected-end', 1],
    ['a;\nb', 'unexpected-end', 2],
    ['a;\n}', 'unexpected-character', 2],
    ['a b }', 'unexpected-character', 1],
    [';', 'unexpected-character', 1],
    ['a;\n\n{ }', 'unexpected-character', 3],
  ])('%j is told as %s in line %i', (text, kind, line) => {
    expect(parseTree(text)).toMatchObject({ ok: false, error: { kind, line } });
  });
});

describe('a Lua block', () => {
  it('is one token that ends at its own brace, whatever braces its strings and comments hold', () => {
    const text = readFileSync(join(CORPUS, 'lua.conf'), 'utf8');
    const tree = parseTree(text);
    const [init, server] = tree.ok ? tree.directives : [];
    expect(text.slice(init?.start, init?.end)).toMatch(/^init_by_lua_block \{[\s\S]*t\[1\] = -1 - -2 end\n\}$/);
    expect(server?.block?.directives.map(({ name: word }) => word)).toEqual([
      'listen',
      'set_by_lua_block',
      'location',
      'location',
      'location',
    ]);
  });
});

describe('a directive', () => {
  function flat(directives: readonly Directive[]): Directive[] {
    return directives.flatMap((directive) => [directive, ...flat(directive.block?.directives ?? [])]);
  }

  it('spans its text from the first word to the ; or closing brace', () => {
    const text = 'a { b "c d" ; e { f; } } # end\ng;';
    const tree = parseTree(text);
    const spans = tree.ok ? flat(tree.directives).map(({ start, end }) => text.slice(start, end)) : [];
    expect(spans).toEqual(['a { b "c d" ; e { f; } }', 'b "c d" ;', 'e { f; }', 'f;', 'g;']);
  });

  it('can be taken out and put back, and the file is the same', () => {
    fc.assert(
      fc.property(configuration, fc.nat(), (text, pick) => {
        const tree = parseTree(text);
        const all = tree.ok ? flat(tree.directives) : [];
        const chosen = all[pick % Math.max(1, all.length)];
        if (!chosen) return;
        const without = text.slice(0, chosen.start) + text.slice(chosen.end);
        expect(parseTree(without)).toMatchObject({ ok: true });
        expect(
          without.slice(0, chosen.start) + text.slice(chosen.start, chosen.end) + without.slice(chosen.start),
        ).toBe(text);
      }),
    );
  });
});
