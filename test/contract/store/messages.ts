import { describe, expect, test } from 'vitest';
import { newRun, type OpenStore, web1 } from './scene.ts';

/** What a store must know of messages and deliveries; registers tests. */
export function describeMessages(open: OpenStore): void {
  describe('messages', () => {
    test('are reserved once, and a delivery is claimed once', async () => {
      const { store, second } = await open();
      const reserved = await Promise.all([store, second, store].map((each) => each.messages.reserve('run:1', 'C1')));
      expect(reserved.filter(Boolean)).toHaveLength(1);
      expect(await store.messages.find('run:1')).toEqual({
        subject: 'run:1',
        channel: 'C1',
        ts: null,
        renderedRevision: 0,
      });
      const claims = await Promise.all([store, second, store].map((each) => each.messages.claim('envelope-1', 1)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await store.messages.claim('envelope-2', 1)).toBe(true);
    });

    test('remember a delivery for a day and then forget it', async () => {
      const { store } = await open();
      const day = 86_400_000;
      expect(await store.messages.claim('envelope-1', 1000)).toBe(true);
      expect(await store.messages.claim('envelope-1', 1000 + day)).toBe(false);
      expect(await store.messages.claim('envelope-1', 1001 + day)).toBe(true);
    });

    test('are outdated until they show the latest revision, which never goes back', async () => {
      const { store } = await open();
      const id = await store.runs.create(newRun());
      await store.runs.create(newRun({ surface: 'cli', channel: null }));
      expect(await store.messages.outdated(10)).toEqual([id]);
      await store.messages.reserve(`run:${id}`, 'C1');
      await store.messages.posted(`run:${id}`, 'C1', '1.2', 1);
      expect(await store.messages.outdated(10)).toEqual([]);
      await store.runs.progressed(id, web1, 'kernel', 5);
      expect(await store.messages.outdated(10)).toEqual([id]);
      await store.messages.rendered(`run:${id}`, 'C1', 2);
      await store.messages.rendered(`run:${id}`, 'C1', 1);
      expect(await store.messages.find(`run:${id}`)).toMatchObject({ ts: '1.2', renderedRevision: 2 });
      expect(await store.messages.outdated(10)).toEqual([]);
    });
  });
}
