import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMessageBlocks } from '../../src/sandbox/blocks/check-blocks.ts';
import {
  actions,
  bold,
  button,
  context,
  escapeText,
  paragraph,
  plain,
  preformatted,
  richText,
} from '../../src/slack/blocks.ts';
import { cutTo, withinLimits } from '../../src/slack/limits.ts';
import { hostileText } from '../helpers/hostile.ts';

const BUTTONS = actions('b', [button({ action: 'run_again', label: 'Run again', value: '1' })]);

const block = fc.oneof(
  fc.array(hostileText, { maxLength: 6 }).map((texts) => richText(paragraph(bold('head'), ...texts.map(plain)))),
  fc.array(hostileText, { minLength: 1, maxLength: 3 }).map((texts) => richText(...texts.map(preformatted))),
  hostileText.map((literal) => context({ literal })),
  hostileText.map((text) => context(`asked by ${escapeText(text)}`)),
  fc.constant({ type: 'divider' } as const),
);

/** Strings anywhere in a message. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
}

describe('the limits of a message', { timeout: 30_000 }, () => {
  it('hold whatever the blocks are; what is kept is last, and a note stands for what is not there', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 80 }), (blocks) => {
        const message = withinLimits({ text: 'x', blocks, keep: [BUTTONS], rest: 'The rest is in run-7.txt.' });
        const verdict = checkMessageBlocks(message.blocks, () => true);
        expect(verdict.ok ? [] : verdict.problems).toEqual([]);
        expect(verdict.ok).toBe(true);
        expect(message.blocks.at(-1)).toBe(BUTTONS);
        expect(JSON.stringify(message.blocks).includes('run-7.txt')).toBe(!message.complete);
        if (message.complete) expect(message.blocks).toEqual([...blocks, BUTTONS]);
        for (const text of strings(message)) expect(text).toBe(Buffer.from(text).toString());
      }),
      { numRuns: 200 },
    );
  });

  it('leave the first block of many long ones its head, and the others a share', () => {
    const long = (mark: string) => richText(paragraph(bold(mark), plain('x'.repeat(9000))));
    const { blocks, complete } = withinLimits({ text: 'x', blocks: [long('one'), long('two')], rest: 'rest' });
    expect(JSON.stringify(blocks)).toMatch(/one.*two/);
    expect(complete).toBe(false);
  });

  it('cut text never longer than allowed and never in the middle of a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 2, max: 60 }), (text, max) => {
        const cut = cutTo(text, max);
        expect(cut.length).toBeLessThanOrEqual(Math.max(max, 2));
        expect(cut).toBe(Buffer.from(cut).toString());
        if (text.length <= max) expect(cut).toBe(text);
        else expect(text.startsWith(cut.slice(0, -1))).toBe(true);
      }),
    );
  });

  it('cut escaped text never in the middle of an entity', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 1, max: 200 }), (text, max) => {
        const escaped = escapeText(text, max);
        expect(escaped.length).toBeLessThanOrEqual(max);
        expect(escaped.replace(/&(?:amp|lt|gt);/g, '')).not.toMatch(/[&<>]/);
      }),
    );
  });
});
