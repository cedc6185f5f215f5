import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchesOf } from '../../src/engine/rollout.ts';
import { hostsOf } from '../helpers/change.ts';

describe('sizes of batches', () => {
  test.each([
    [1, [1]],
    [3, [1, 2]],
    [10, [1, 4, 5]],
    [50, [1, 4, 20, 25]],
  ])('%i hosts go in steps of %j', (hosts, sizes) => {
    const batches = batchesOf(hostsOf(hosts), [{ hosts: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }]);
    expect(batches.map((batch) => batch.length)).toEqual(sizes);
  });

  test('every host is in exactly one batch, whatever the sizes', () => {
    const size = fc.oneof(
      fc.record({ hosts: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.array(size, { maxLength: 6 }), (count, sizes) => {
        expect(batchesOf(hostsOf(count), sizes).flat()).toEqual(hostsOf(count));
      }),
    );
  });
});
