import { describe, expect, test } from 'vitest';
import type { NewRun, Store } from '../../../src/engine/ports.ts';
import { answerOf, auditEntry, conclusionOf, newRun, type OpenStore, type StoreScene, web1, web2 } from './scene.ts';

/** What a store must say of many runs together; registers tests. */
export function describeRunFigures(open: OpenStore): void {
  describe('figures of runs', () => {
    test('what is usual is the median of the last like runs that finished', async () => {
      const scene = await open();
      const { store } = scene;
      for (const tookMs of [9000, 1000, 2000, 5000]) await finished(scene, tookMs);
      const lasting = await store.runs.create(newRun());
      expect(await usual(store, lasting)).toBe(5000);
      for (let n = 0; n < 9; n++) await finished(scene, 700);
      expect(await usual(store, await store.runs.create(newRun()))).toBe(700);
    });

    test('of a run before which no like one finished, nothing is usual', async () => {
      const scene = await open();
      const { store } = scene;
      await finished(scene, 1000, { runbook: 'other' });
      await finished(scene, 1000, { hosts: [web1] });
      await finished(scene, 1000, { params: { interval: 60 } });
      const cancelled = await store.runs.create(newRun());
      await store.runs.end(cancelled, 'cancelled', 'Cancelled.', auditEntry('run.cancelled', `run:${cancelled}`));
      const id = await store.runs.create(newRun());
      await finished(scene, 1000);
      expect(await usual(store, id)).toBeUndefined();
    });

    test('outputs are counted of one run', async () => {
      const { store, lease } = await open();
      const [id, other] = [await store.runs.create(newRun()), await store.runs.create(newRun())];
      const held = await lease(`run:${id}`);
      expect(await store.figures.outputs(id)).toBe(0);
      await store.runs.answered(id, answerOf(web1), held);
      await store.runs.answered(id, answerOf(web2), held);
      expect([await store.figures.outputs(id), await store.figures.outputs(other)]).toEqual([2, 0]);
    });
  });
}

async function usual(store: Store, id: Awaited<ReturnType<Store['runs']['create']>>): Promise<number | undefined> {
  const run = await store.runs.find(id);
  return run && store.figures.usualMs(run);
}

async function finished({ store, lease }: StoreScene, tookMs: number, changes: Partial<NewRun> = {}): Promise<void> {
  const at = 50_000;
  const id = await store.runs.create(newRun({ createdAt: at - tookMs, ...changes }));
  await store.runs.conclude(id, { ...conclusionOf(), at }, await lease(`run:${id}`));
}
