import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { BOB } from '../helpers/engine.ts';
import { arrangeNotifier, CHANNEL, LATER } from '../helpers/notifier.ts';

describe('the raw output', () => {
  it('is attached to the thread of the run once, also after a restart', async () => {
    const { slack, engine, notify, finished, settle } = arrangeNotifier();
    const id = await finished();
    await settle(notify(), id);
    await engine.decide({ ...BOB, proposal: '1-1', verdict: 'reject', digest: undefined, reason: null });
    await settle(notify(), id);
    expect(slack.files).toMatchObject([{ channel: CHANNEL, threadTs: slack.posted[0]?.ts }]);
    expect(slack.files[0]?.file.text).toContain('===== web-1 · kernel');
  });

  it('is tried again after a failure, and once more after a death in between', async () => {
    const { slack, store, notify, finished, settle } = arrangeNotifier();
    const id = await finished();
    slack.next.upload = LATER;
    expect(await notify().show(id)).toMatchObject({ kind: 'later' });
    expect([slack.files, (await store.messages.find('raw:1'))?.ts]).toEqual([[], null]);
    await settle(notify(), id);
    expect(slack.files).toHaveLength(1);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('is not attached twice when the answer was lost', async () => {
    const { slack, notify, finished, settle } = arrangeNotifier();
    const id = await finished();
    slack.next.upload = { kind: 'unsure', afterMs: 3000 };
    await settle(notify(), id);
    expect(slack.files).toHaveLength(1);
  });

  it('holds up neither the run nor its proposals while it cannot be attached', async () => {
    const { slack, notify, finished } = arrangeNotifier();
    const id = await finished();
    slack.next.upload = { kind: 'unsure', afterMs: 3000 };
    expect(await notify().show(id)).toMatchObject({ kind: 'unsure' });
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('is given up, with one line in the log, when Slack refuses it; the rest is shown all the same', async () => {
    const { slack, engine, notify, finished, settle, store } = arrangeNotifier();
    const warnings: string[] = [];
    const notifier = notify({ logger: { ...silentLogger, warn: (message) => void warnings.push(message) } });
    const id = await finished();
    slack.next.upload = { kind: 'refused', error: 'missing_scope' };
    await settle(notifier, id);
    await engine.decide({ ...BOB, proposal: '1-1', verdict: 'reject', digest: undefined, reason: null });
    await settle(notifier, id);
    expect(slack.text('proposal:1-1')).toContain('Rejected by bob.');
    expect(slack.calls.filter((call) => call.startsWith('upload'))).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    expect(await store.messages.outdated(10)).toEqual([]);
  });
});
