import { expect, it } from 'vitest';
import { arrangeEngine } from '../helpers/word-engine.ts';

it('an engine says whether it takes work up: not before it serves, and not when it is being stopped', async () => {
  const { engine } = arrangeEngine({ 'web-1': 'good' });
  expect(engine.condition()).toEqual({ ok: false, words: 'work was not looked for yet' });
  engine.serve();
  await expect.poll(() => engine.condition()).toEqual({ ok: true, words: 'work is taken up; 0 under way' });
  await engine[Symbol.asyncDispose]();
  expect(engine.condition()).toMatchObject({ ok: false, words: expect.stringContaining('stopping') });
});
