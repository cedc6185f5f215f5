import { describe, expect, test } from 'vitest';
import { LeaseLost } from '../../../src/engine/lease-lost.ts';
import { transition } from '../../../src/engine/transition.ts';
import { testApproval } from '../../helpers/change.ts';
import { answerOf, conclusionOf, newRun, type OpenStore, web1 } from './scene.ts';

/** What a store must do with leases; registers tests. */
export function describeLeases(open: OpenStore): void {
  describe('leases', () => {
    test('are held by one at a time, until released or expired, with a token that grows', async () => {
      const { store, second, livingOwner, lease } = await open();
      const held = await lease('run:1');
      expect(await second.leases.acquire('run:1', livingOwner, 1000, 999)).toBeUndefined();
      expect(await store.leases.renew(held, 1000, 500)).toBe(true);
      expect(await second.leases.acquire('run:1', livingOwner, 1000, 1499)).toBeUndefined();
      const next = await second.leases.acquire('run:1', 'another', 1000, 1500);
      expect(next?.token).toBeGreaterThan(held.token);
      expect(await store.leases.renew(held, 1000, 1501)).toBe(false);
      await store.leases.release(held);
      expect(await store.leases.acquire('run:1', 'third', 1000, 1502)).toBeUndefined();
      if (next) await store.leases.release(next);
      expect((await store.leases.acquire('run:1', 'third', 1000, 1503))?.token).toBeGreaterThan(next?.token ?? 0);
    });

    test('of a dead process are taken over at once', async () => {
      const { second, deadOwner, livingOwner, lease } = await open();
      const held = await lease('run:1', deadOwner);
      const taken = await second.leases.acquire('run:1', livingOwner, 1000, 1);
      expect(taken?.token).toBeGreaterThan(held.token);
    });

    test('are given to one of many that race', async () => {
      const { store, second, livingOwner } = await open();
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? store : second).leases.acquire('run:7', livingOwner, 1000, 0),
        ),
      );
      expect(all.filter((held) => held !== undefined)).toHaveLength(1);
    });

    test('that were lost let nothing be written', async () => {
      const { store, lease, withProposal } = await open();
      const proposal = await withProposal();
      const runId = await store.runs.create(newRun());
      await store.changes.decide(testApproval(proposal, 'bob'));
      const [stale, staleChange] = [await lease(`run:${runId}`), await lease(`change:${proposal.id}`)];
      await lease(`run:${runId}`, 'another', 5000);
      await lease(`change:${proposal.id}`, 'another', 5000);
      await expect(store.runs.answered(runId, answerOf(web1), stale)).rejects.toBeInstanceOf(LeaseLost);
      await expect(store.runs.conclude(runId, conclusionOf(), stale)).rejects.toBeInstanceOf(LeaseLost);
      const move = () =>
        store.changes.advance(
          proposal.id,
          (change) => transition(change, { type: 'facts.reread', host: web1, result: 'same' }),
          { host: web1 },
          staleChange,
          9,
        );
      await expect(move()).rejects.toBeInstanceOf(LeaseLost);
      expect((await store.runs.hosts(runId)).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
      expect((await store.changes.attempts(proposal.id)).map(({ state }) => state)).toEqual(['pending']);
      expect(await store.runs.find(runId)).toMatchObject({ state: 'reading' });
    });
  });
}
