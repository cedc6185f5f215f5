import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import type { Found, LiveClient, Shown } from '../../src/slack/live-client.ts';
import { createPace } from '../../src/slack/pace.ts';
import { createPosting } from '../../src/slack/posting.ts';
import { createTestStore } from '../helpers/engine.ts';
import { createMovedClock } from '../helpers/moved-clock.ts';

const CHANNEL = 'C1';
const HIDDEN: Found = { kind: 'hidden' };

/** Posting over a real store and a Slack that answers as told. */
function arrange(answers: Partial<LiveClient>) {
  const stores = createTestStore();
  onTestFinished(() => stores[Symbol.asyncDispose]());
  const clock = createMovedClock();
  const calls: string[] = [];
  const answer = (what: string) => async (): Promise<Shown> => {
    calls.push(what);
    return { kind: 'ok', ts: `${calls.length}.0` };
  };
  const live: LiveClient = {
    post: answer('post'),
    update: answer('update'),
    upload: answer('upload'),
    findMessage: async () => ({ kind: 'absent' }),
    findFile: async () => ({ kind: 'absent' }),
    ...answers,
  };
  const { messages } = stores.store;
  const posting = createPosting({ messages, live, pace: createPace(clock), clock, logger: silentLogger });
  const message = { text: 'in words', blocks: [{ type: 'divider' } as const] };
  const run = { subject: 'run:1', channel: CHANNEL, message, sinceMs: 0, how: 'urgent' } as const;
  const raw = {
    subject: 'raw:1',
    channel: CHANNEL,
    threadTs: '1.0',
    file: () => ({ name: 'x', title: 'x', text: 'x' }),
  };
  return { posting, run, raw, calls, messages, clock };
}

describe('posting', () => {
  it('says it in words when Slack does not accept the blocks', async () => {
    const texts: unknown[] = [];
    const { posting, run, messages } = arrange({
      post: async (_channel, { text, blocks }) => {
        texts.push([text, blocks.length]);
        return blocks.length > 0 ? { kind: 'refused', error: 'invalid_blocks' } : { kind: 'ok', ts: '5.0' };
      },
    });
    expect(await posting.show(run)).toEqual({ kind: 'ok', ts: '5.0' });
    expect(texts).toEqual([
      ['in words', 1],
      ['in words', 0],
    ]);
    expect((await messages.find('run:1'))?.ts).toBe('5.0');
  });

  it('posts again what may be lost when Slack does not let it look, but only after a call can no longer be under way', async () => {
    const { posting, run, calls, messages, clock } = arrange({ findMessage: async () => HIDDEN });
    await messages.reserve('run:1', CHANNEL);
    const first = await posting.show(run);
    expect([first.kind, calls]).toEqual(['later', []]);
    clock.ahead(13_000);
    expect(await posting.show(run)).toMatchObject({ kind: 'ok' });
    expect(calls).toEqual(['post']);
  });

  it('leaves a file away that may be there already when Slack does not let it look', async () => {
    const { posting, raw, calls, messages, clock } = arrange({ findFile: async () => HIDDEN });
    await messages.reserve('raw:1', CHANNEL);
    expect(await posting.attach(raw)).toMatchObject({ kind: 'ok' });
    clock.ahead(60_000);
    expect(await posting.attach(raw)).toMatchObject({ kind: 'ok' });
    expect(calls).toEqual([]);
  });

  it('waits with looking when Slack limits that, and posts nothing meanwhile', async () => {
    const { posting, run, calls, messages } = arrange({ findMessage: async () => ({ kind: 'later', afterMs: 700 }) });
    await messages.reserve('run:1', CHANNEL);
    expect(await posting.show(run)).toEqual({ kind: 'later', afterMs: 700 });
    expect(calls).toEqual([]);
  });

  it('does not look for what was surely not posted', async () => {
    let refused = true;
    const { posting, run, clock } = arrange({
      post: async () => (refused ? { kind: 'refused', error: 'not_in_channel' } : { kind: 'ok', ts: '1.0' }),
      findMessage: () => Promise.reject(new Error('looked')),
    });
    expect(await posting.show(run)).toEqual({ kind: 'refused', error: 'not_in_channel' });
    refused = false;
    clock.ahead(2000);
    expect(await posting.show(run)).toEqual({ kind: 'ok', ts: '1.0' });
  });
});
