import { describe, expect, it } from 'vitest';
import { createMemberships } from '../../src/engine/policy/membership.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { DEFAULT_RULES, DEFAULT_TERMS } from '../../src/engine/policy/terms.ts';
import type { Shown } from '../../src/slack/live-client.ts';
import { testPerson } from '../helpers/change.ts';
import { BOB } from '../helpers/engine.ts';
import { arrangeNotifier, LATER } from '../helpers/notifier.ts';

const NOT_IN_CHANNEL: Shown = { kind: 'refused', error: 'not_in_channel' };

describe('the messages of a run', () => {
  it('are one for the run, updated in place, and one for each proposal, posted after it', async () => {
    const { slack, engine, notify, start, settle } = arrangeNotifier({ 'web-1': 'bad', 'web-2': 'good' });
    const notifier = notify();
    const id = await start();
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1']);
    expect(slack.text('run:1')).toContain('asking 2 hosts');
    await engine.drive({ kind: 'run', id });
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect(slack.text('run:1')).toContain('CRITICAL The word is bad (web-1)');
    expect(slack.text('proposal:1-1')).toContain('It waits for approval.');
    expect(slack.posted.map(({ updates }) => updates)).toEqual([1, 0]);
  });

  it('are left alone while nothing about them is different', async () => {
    const { slack, store, notify, finished, settle } = arrangeNotifier();
    const notifier = notify();
    const id = await finished();
    await settle(notifier, id);
    const before = slack.calls.length;
    await settle(notifier, id);
    expect(slack.calls).toHaveLength(before);
    expect(await store.messages.outdated(10)).toEqual([]);
  });

  it('are posted once when two ask for them at the same time', async () => {
    const { slack, notify, finished, settle } = arrangeNotifier();
    const notifier = notify();
    const id = await finished();
    await Promise.all([notifier.show(id), notifier.show(id)]);
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('are posted once when two processes show them at the same time', async () => {
    const { slack, engineOn, another, notify, finished, settle } = arrangeNotifier();
    const id = await finished();
    const store = another();
    const [first, second] = [notify(), notify({ engine: engineOn(store), messages: store.messages })];
    await Promise.all([first.show(id), second.show(id)]);
    await Promise.all([settle(first, id), settle(second, id)]);
    expect(slack.subjects().sort()).toEqual(['proposal:1-1', 'run:1']);
    expect(slack.files).toHaveLength(1);
  });

  it('name who may approve by a Slack group as it is stored, also when nobody asked for that group before', async () => {
    const { slack, store, clock, notify, finished, settle } = arrangeNotifier();
    const roles = new Map([['leads', { people: new Set<never>(), slackGroups: ['S1'], unixGroups: [] }]]);
    const rules = { ...DEFAULT_RULES, roles, otherwise: { ...DEFAULT_TERMS, approve: ['leads'] } };
    const memberships = createMemberships(store.groups);
    const policy = createPolicy([testPerson('ada', 'run'), testPerson('bob')], { rules, memberships, clock });
    await store.groups.save('S1', ['U_bob'], clock.now());
    await settle(notify({ policy }), await finished());
    expect(slack.text('proposal:1-1')).toContain('May approve: bob (leads), not ada, who asked.');
  });

  it('show a decision that another process recorded on the same store', async () => {
    const { slack, engineOn, another, notify, finished, settle } = arrangeNotifier();
    const notifier = notify();
    const id = await finished();
    await settle(notifier, id);
    const decision = { proposal: '1-1', verdict: 'reject', digest: undefined, reason: 'not now' } as const;
    await engineOn(another()).decide({ ...BOB, ...decision });
    notifier.serve();
    await expect.poll(() => slack.text('proposal:1-1')).toContain('Rejected by bob: not now.');
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });
});

describe('a Slack that does not take a message', () => {
  it('is asked again only when its rate allows, and shows the truth in the end', async () => {
    const { slack, clock, engine, notify, start, settle, store } = arrangeNotifier();
    const notifier = notify();
    const id = await start();
    slack.next.post = LATER;
    expect(await notifier.show(id)).toMatchObject({ kind: 'later' });
    expect(await notifier.show(id)).toMatchObject({ kind: 'later' });
    expect(slack.calls).toEqual(['post run:1']);
    clock.ahead(5000);
    expect(await notifier.show(id)).toMatchObject({ kind: 'ok' });
    await engine.drive({ kind: 'run', id });
    clock.ahead(5000);
    slack.next.update = LATER;
    expect(await notifier.show(id)).toMatchObject({ kind: 'later' });
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect(slack.text('run:1')).toContain('The word is bad');
    expect(await store.messages.outdated(10)).toEqual([]);
  });

  it('tells why, is left alone for a while, and is tried again', async () => {
    const { slack, clock, notify, start, finished } = arrangeNotifier();
    const notifier = notify();
    slack.channels.set('C9', NOT_IN_CHANNEL);
    expect(await notifier.show(await start('C9'))).toEqual(NOT_IN_CHANNEL);
    notifier.serve();
    await finished();
    await expect.poll(() => slack.subjects()).toContain('proposal:2-1');
    await finished();
    await expect.poll(() => slack.subjects()).toContain('run:3');
    expect(slack.count('post run:1')).toBe(1);
    slack.channels.clear();
    clock.ahead(120_000);
    await expect.poll(() => slack.subjects()).toContain('run:1');
    expect(slack.count('post run:1')).toBe(2);
  });

  it('does not keep other runs from their turn, however many it refuses', async () => {
    const { slack, notify, start } = arrangeNotifier();
    slack.channels.set('C9', NOT_IN_CHANNEL);
    for (let n = 0; n < 30; n++) await start('C9');
    await start();
    notify().serve();
    await expect.poll(() => slack.subjects(), { timeout: 10_000 }).toEqual(['run:31']);
  });

  it('gets a message anew when somebody deleted it', async () => {
    const { slack, clock, engine, notify, start, settle, store } = arrangeNotifier();
    const notifier = notify();
    const id = await start();
    await settle(notifier, id);
    slack.posted = [];
    await engine.drive({ kind: 'run', id });
    clock.ahead(5000);
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect((await store.messages.find('run:1'))?.ts).toBe(slack.posted[0]?.ts);
  });
});
