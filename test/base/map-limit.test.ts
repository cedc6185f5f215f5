import { describe, expect, it } from 'vitest';
import { mapLimit } from '../../src/base/map-limit.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('mapLimit', () => {
  it('gives results in the order of the items, whatever order they end in', async () => {
    const results = await mapLimit([3, 1, 2], 3, async (turns) => {
      for (let n = 0; n < turns; n++) await turn();
      return turns * 10;
    });
    expect(results).toEqual([30, 10, 20]);
  });

  it('keeps results that are undefined, and takes no items', async () => {
    expect(await mapLimit(['a', 'b'], 2, async () => undefined)).toEqual([undefined, undefined]);
    expect(await mapLimit([], 4, async () => 1)).toEqual([]);
  });

  it.each([1, 2, 5, 100])('runs as many as allowed at a time and no more (%d)', async (limit) => {
    let running = 0;
    let most = 0;
    await mapLimit(Array.from({ length: 20 }), limit, async () => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    });
    expect(most).toBe(Math.min(limit, 20));
  });

  it('begins nothing after a failure, waits for what is under way, then fails with the first', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = mapLimit([0, 1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('first');
      for (let n = 0; n < 5; n++) await turn();
      ended.push(item);
      if (item === 0) throw new Error('second');
    });
    await expect(work).rejects.toThrow('first');
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([0]);
  });
});
