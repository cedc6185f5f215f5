import { describe, expect, it, onTestFinished } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { asPersonName } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { type ApproverNotices, createApproverNotices } from '../../src/slack/approver-notices.ts';
import { createDirects } from '../../src/slack/directs.ts';
import { createOverviews } from '../../src/slack/overviews.ts';
import { createPace } from '../../src/slack/pace.ts';
import type { Answer } from '../../src/slack/people-client.ts';
import { createPosting } from '../../src/slack/posting.ts';
import { testPerson } from '../helpers/change.ts';
import { BOB } from '../helpers/engine.ts';
import { arrangeNotifier, LATER } from '../helpers/notifier.ts';

/** A proposal 1-1 that is shown in a channel, and what tells of it; ada asked, the others may approve. */
async function arrange({ approvers = ['bob'] }: { readonly approvers?: readonly string[] } = {}) {
  const scene = arrangeNotifier();
  const { engine, store, slack, clock } = scene;
  await scene.settle(scene.notify(), await scene.finished());
  const policy = createPolicy([
    testPerson('ada', 'run', 'approve'),
    ...approvers.map((name) => testPerson(name, 'approve')),
  ]);
  const state = { guests: new Set<string>(), opened: [] as Answer<string>[] };
  const start = (): ApproverNotices => {
    const notices = createApproverNotices({
      engine,
      overviews: createOverviews(engine),
      messages: store.messages,
      policy,
      identity: {
        reader: async ({ userId }) => {
          if (state.guests.has(userId)) throw new OperatorError('policy/not-permitted', { message: 'Guests may not.' });
          return { person: asPersonName(userId.slice(2)), surface: 'slack' };
        },
      },
      directs: createDirects({
        openDirect: async (user) => state.opened.shift() ?? { kind: 'ok', value: `D_${user}` },
      }),
      permalinks: { of: async (subject) => `https://example.slack.com/${subject}` },
      posting: createPosting({
        messages: store.messages,
        live: slack,
        pace: createPace(clock),
        clock,
        logger: silentLogger,
      }),
      clock,
      logger: silentLogger,
      pollMs: 5,
    });
    onTestFinished(() => notices[Symbol.asyncDispose]());
    return notices;
  };
  const told = () => slack.subjects().filter((subject) => subject.startsWith('notice:'));
  return { ...scene, state, start, told };
}

describe('notices for approvers', () => {
  it('go to everybody who may approve but the requester, once, also after a restart', async () => {
    const { start, told, slack } = await arrange({ approvers: ['bob', 'cem'] });
    const notices = start();
    await notices.tell();
    await notices.tell();
    await start().tell();
    expect(told()).toEqual(['notice:1-1:U_bob', 'notice:1-1:U_cem']);
    expect(JSON.stringify(slack.posted.at(-1)?.message.blocks)).toContain('1 other person is told, too.');
    expect(slack.calls.filter((call) => call.startsWith('update')).length).toBe(0);
  });

  it('go to ten people at most, and say how many more may approve it', async () => {
    const approvers = Array.from({ length: 14 }, (_, n) => `approver-${n + 1}`);
    const { start, told, slack } = await arrange({ approvers });
    await start().tell();
    expect(told()).toHaveLength(10);
    expect(JSON.stringify(slack.posted.at(-1)?.message.blocks)).toContain(
      '9 other people are told, too; 4 more people may',
    );
  });

  it('do not go to guests, whatever their roles, until they are members', async () => {
    const { start, told, state, clock } = await arrange({ approvers: ['bob', 'cem'] });
    state.guests.add('U_bob');
    const notices = start();
    await notices.tell();
    expect(told()).toEqual(['notice:1-1:U_cem']);
    state.guests.clear();
    await notices.tell();
    expect(told()).toHaveLength(1);
    clock.ahead(60_000);
    await notices.tell();
    expect(told()).toEqual(['notice:1-1:U_cem', 'notice:1-1:U_bob']);
  });

  it('wait when Slack is asked too often or cannot open the conversation, and go out later', async () => {
    const { start, told, state, slack, clock } = await arrange();
    const notices = start();
    state.opened.push({ kind: 'later', afterMs: 3000 });
    await notices.tell();
    await notices.tell();
    expect(told()).toEqual([]);
    slack.next.post = LATER;
    clock.ahead(3000);
    await notices.tell();
    expect(told()).toEqual([]);
    clock.ahead(5000);
    await notices.tell();
    expect(told()).toEqual(['notice:1-1:U_bob']);
  });

  it('say that it was decided, by whom, once; and nothing is sent of what was decided before', async () => {
    const { start, told, engine, slack, clock } = await arrange({ approvers: ['bob', 'cem'] });
    const notices = start();
    await notices.tell();
    await engine.decide({ ...BOB, proposal: '1-1', digest: undefined, verdict: 'reject', reason: 'not tonight' });
    for (let n = 0; n < 4; n++) {
      await notices.tell();
      clock.ahead(5000);
    }
    expect(told()).toHaveLength(2);
    for (const user of ['U_bob', 'U_cem']) expect(slack.text(`notice:1-1:${user}`)).toMatch(/Rejected by bob, <!date/);
    expect(slack.calls.filter((call) => call.startsWith('update'))).toHaveLength(2);
    const late = await arrange();
    await late.engine.decide({ ...BOB, proposal: '1-1', digest: undefined, verdict: 'reject', reason: null });
    await late.start().tell();
    expect(late.told()).toEqual([]);
  });

  it('say that it was decided although the answer to their post was lost, also after a restart', async () => {
    const { start, told, engine, slack, clock } = await arrange();
    slack.next.post = { kind: 'unsure', afterMs: 3000 };
    await start().tell();
    expect(slack.text('notice:1-1:U_bob')).toContain('waits for you');
    await engine.decide({ ...BOB, proposal: '1-1', digest: undefined, verdict: 'reject', reason: null });
    const notices = start();
    for (let n = 0; n < 3; n++) {
      await notices.tell();
      clock.ahead(5000);
    }
    expect(told()).toHaveLength(1);
    expect(slack.text('notice:1-1:U_bob')).toMatch(/Rejected by bob, <!date/);
  });

  it('that were never posted are not posted once it was decided, and are not looked for again', async () => {
    const { start, told, engine, slack, clock, store } = await arrange();
    await store.messages.reserve('notice:1-1:U_bob', 'D_U_bob');
    await engine.decide({ ...BOB, proposal: '1-1', digest: undefined, verdict: 'reject', reason: null });
    const notices = start();
    for (let n = 0; n < 8; n++) {
      await notices.tell();
      clock.ahead(5000);
    }
    expect(told()).toEqual([]);
    expect(slack.count('find notice:1-1:U_bob')).toBe(2);
  });
});
