import { describe, expect, it } from 'vitest';
import { createDisposal } from '../../src/base/disposal.ts';

describe('a disposal', () => {
  const thing = (log: string[], name: string, failing = false): AsyncDisposable => ({
    [Symbol.asyncDispose]: async () => {
      log.push(name);
      if (failing) throw new Error(name);
    },
  });

  it('lets go in reverse order, one after the other, once', async () => {
    const log: string[] = [];
    const disposal = createDisposal();
    const first = thing(log, 'first');
    expect(disposal.use(first)).toBe(first);
    disposal.use(thing(log, 'second'));
    await disposal[Symbol.asyncDispose]();
    await disposal[Symbol.asyncDispose]();
    expect(log).toEqual(['second', 'first']);
  });

  it('goes on past failures and throws the first of them', async () => {
    const log: string[] = [];
    const disposal = createDisposal();
    disposal.use(thing(log, 'a', true));
    disposal.use(thing(log, 'b'));
    disposal.use(thing(log, 'c', true));
    await expect(disposal[Symbol.asyncDispose]()).rejects.toThrow('c');
    expect(log).toEqual(['c', 'b', 'a']);
  });
});
