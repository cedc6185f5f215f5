import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import { parseTree } from '../../../src/probes/nginx-config/tree.ts';
import { applySplices, bytesOf, inverseSplices, textOf } from '../../../src/remedies/nginx-edit/splice.ts';
import { planPooling } from '../../../src/remedies/pool-upstream/plan.ts';
import type { Splice } from '../../../src/remedies/remedy.ts';
import { corpus } from '../../helpers/nginx-corpus.ts';
import { afterEdits, editingFacts } from '../../helpers/nginx-edit.ts';

/** Any bytes, one character each. */
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString('latin1'));

/** Splices of a text: places in ascending order, without overlaps. */
function splicesFor(text: string): fc.Arbitrary<readonly Splice[]> {
  const cut = fc.tuple(fc.nat(text.length), fc.nat(text.length), bytes);
  return fc.array(cut, { maxLength: 6 }).map((cuts) => {
    const ascending = cuts.map(([a, b, insert]) => ({ at: Math.min(a, b), end: Math.max(a, b), insert }));
    ascending.sort((a, b) => a.at - b.at || a.end - b.end);
    let done = -1;
    return ascending.flatMap(({ at, end, insert }) => {
      if (at <= done) return [];
      done = end;
      return [{ at, remove: end - at, insert }];
    });
  });
}

describe('splices', () => {
  it('applied and undone give the identical bytes', () => {
    const both = bytes.chain((text) => fc.tuple(fc.constant(text), splicesFor(text)));
    fc.assert(
      fc.property(both, ([text, splices]) => {
        const after = applySplices(text, splices);
        expect(applySplices(after, inverseSplices(text, splices))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('leave every byte outside of them, in order', () => {
    const both = bytes.chain((text) => fc.tuple(fc.constant(text), splicesFor(text)));
    fc.assert(
      fc.property(both, ([text, splices]) => {
        const emptied = splices.map((splice) => ({ ...splice, insert: '' }));
        const kept = [...text].filter((_, i) => !splices.some(({ at, remove }) => i >= at && i < at + remove)).join('');
        expect(applySplices(text, emptied)).toBe(kept);
        const length = splices.reduce((sum, { insert, remove }) => sum + insert.length - remove, text.length);
        expect(applySplices(text, splices)).toHaveLength(length);
      }),
    );
  });

  it('carry text as its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOf(bytesOf(text))).toBe(text);
        expect(bytesOf(text)).toHaveLength(Buffer.byteLength(text));
      }),
    );
  });
});

describe('a configuration whose blanks and comments are changed at random', () => {
  const base = corpus().filter(
    ({ name, files }) => Object.keys(files).length === 1 && !/^lua|unquoted|latin1/.test(name),
  );
  const texts = base.map(({ files }) => Object.values(files)[0] ?? '');
  const blank = fc.constantFrom(' ', '\n', '\r\n', '\t', '  \n', ' # a { comment; }\n', '\n# é " \'\n');

  /** Puts blanks between the tokens of a text. */
  function disturb(text: string, put: readonly string[]): string {
    const tree = parseTree(text);
    if (!tree.ok) return text;
    let next = 0;
    return tree.tokens
      .map(({ kind, start, end }) => {
        const part = text.slice(start, end);
        if (kind === 'space') return `${part}${put[next++ % put.length]}`;
        return ['end', 'open', 'close'].includes(kind) ? `${part}${put[next++ % put.length]}` : part;
      })
      .join('');
  }

  it('is edited and restored byte for byte, parses, and is not edited twice', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(blank, { minLength: 1, maxLength: 12 }), (text, put) => {
        const path = '/etc/nginx/nginx.conf';
        const files = { [path]: bytesOf(textOf(disturb(text, put))) };
        const made = planPooling({ host: asHostName('web-1'), facts: editingFacts(files), changeId: '41-1' });
        if (made.kind !== 'change') return;
        const [edit] = made.plan.actions;
        if (edit?.kind !== 'edit') throw new Error('the first action is no edit');
        const after = afterEdits(files, made.plan.actions)[path] ?? '';
        expect(applySplices(after, inverseSplices(files[path] ?? '', edit.splices))).toBe(files[path]);
        expect(parseTree(after)).toMatchObject({ ok: true });
        const again = planPooling({
          host: asHostName('web-1'),
          facts: editingFacts({ [path]: after }),
          changeId: '41-1',
        });
        expect(again.kind).not.toBe('change');
      }),
      { numRuns: 300 },
    );
  });
});
