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

    test('are found by where they are, whatever their subject', async () => {
      const { store } = await open();
      await store.messages.reserve('run:1', 'C1');
      expect(await store.messages.subjectAt('C1', '1.2')).toBeUndefined();
      await store.messages.posted('run:1', 'C1', '1.2', 1);
      expect(await store.messages.subjectAt('C1', '1.2')).toBe('run:1');
      expect(await store.messages.subjectAt('C2', '1.2')).toBeUndefined();
      expect(await store.messages.subjectAt('C1', '1.3')).toBeUndefined();
    });

    test('are behind by kind, whether or not it is known that they were posted, until they show the revision', async () => {
      const { store } = await open();
      for (const subject of ['notice:1-1:U1', 'notice:1-1:U2', 'notices', 'run:1', 'notice:2-1:U1']) {
        await store.messages.reserve(subject, 'D1');
        if (subject !== 'notice:2-1:U1') await store.messages.posted(subject, 'D1', '1.2', 0);
      }
      const behind = async (limit: number) =>
        (await store.messages.behind('notice:', 1, limit)).map(({ subject }) => subject);
      expect(await behind(10)).toEqual(['notice:1-1:U1', 'notice:1-1:U2', 'notice:2-1:U1']);
      expect(await behind(1)).toEqual(['notice:1-1:U1']);
      await store.messages.rendered('notice:1-1:U1', 'D1', 1);
      expect(await behind(10)).toEqual(['notice:1-1:U2', 'notice:2-1:U1']);
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
