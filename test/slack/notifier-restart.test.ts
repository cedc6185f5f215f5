import { describe, expect, it } from 'vitest';
import type { MessageStore } from '../../src/engine/ports.ts';
import { arrangeNotifier, CHANNEL } from '../helpers/notifier.ts';

describe('a restart', () => {
  /** A store whose process dies right before the time stamp of a message is saved. */
  function dying(messages: MessageStore): MessageStore {
    return { ...messages, posted: () => Promise.reject(new Error('killed')) };
  }

  it('after posting goes on with the message that is there', async () => {
    const { slack, engine, notify, start, settle } = arrangeNotifier();
    const id = await start();
    await settle(notify(), id);
    await engine.drive({ kind: 'run', id });
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect(slack.text('run:1')).toContain('The word is bad');
  });

  it('between posting and remembering it finds the message again and posts no second one', async () => {
    const { slack, store, notify, finished, settle } = arrangeNotifier();
    const id = await finished();
    await expect(notify({ messages: dying(store.messages) }).show(id)).rejects.toThrow('killed');
    expect([slack.subjects(), (await store.messages.find('run:1'))?.ts]).toEqual([['run:1'], null]);
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect((await store.messages.find('run:1'))?.ts).toBe(slack.posted[0]?.ts);
  });

  it('between reserving and posting posts what was never there', async () => {
    const { slack, store, notify, finished, settle } = arrangeNotifier();
    const id = await finished();
    await store.messages.reserve('run:1', CHANNEL);
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('is not needed to find a message whose answer was lost', async () => {
    const { slack, notify, finished, settle } = arrangeNotifier();
    const id = await finished();
    slack.next.post = { kind: 'unsure', afterMs: 3000 };
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });
});
