import { App, LogLevel, type Receiver, type ReceiverEvent } from '@slack/bolt';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { asProposalId } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createInFlight } from '../../src/slack/in-flight.ts';
import type { Homes } from '../../src/slack/home.ts';
import { createIdentity } from '../../src/slack/identity.ts';
import { addListeners } from '../../src/slack/listeners.ts';
import { createUserGroups } from '../../src/slack/user-groups.ts';
import { SCENE_CHANNEL, setSlackScene } from '../helpers/slack-scene.ts';

/*
 * Payloads as somebody who can write them at will would: they go into a real Bolt App by hand, past Slack, which would
 * not let most of them through. Only the user's id is Slack's word; everything else in them must change nothing.
 */

/** A proposal of ada's on web-1 in a scene, and an App with the product's listeners that takes payloads by hand. */
async function arrange(policy = '') {
  const scene = await setSlackScene({ policy });
  await scene.as('U0REQUESTER', '/runbook run word on web-1');
  await scene.message(/^Proposal 1-1:/);
  const { engine, store, sandbox, parts } = scene;
  const receiver: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
  const app = new App({
    token: sandbox.botToken,
    botId: 'B0SANDBOX',
    botUserId: 'U0BOT',
    receiver,
    clientOptions: { slackApiUrl: sandbox.slackApiUrl },
    logLevel: LogLevel.ERROR,
  });
  const notifier = {
    serve: () => {},
    show: async () => ({ kind: 'ok', ts: '1' }) as const,
    showPatiently: async () => ({ kind: 'ok', ts: '1' }) as const,
    [Symbol.asyncDispose]: async () => {},
  };
  const common = { clock: systemClock, logger: silentLogger };
  addListeners(app, {
    ...common,
    engine,
    notifier,
    messages: store.messages,
    policy: parts.policy,
    inventory: parts.inventory,
    runbooks: parts.runbooks,
    command: '/runbook',
    inFlight: createInFlight(systemClock),
    identity: createIdentity({
      lookUp: (user) => app.client.users.info({ user }),
      teams: ['T0SANDBOX'],
      channels: { requireInternal: async () => {} },
      policy: parts.policy,
      denied: engine.denied,
    }),
    homes: noHomes(),
    channels: { requireInternal: async () => {} },
    permalinks: { of: async () => undefined },
    posting: {
      show: async () => ({ kind: 'refused', error: 'none' }),
      amend: async () => ({ kind: 'refused', error: 'none' }),
      attach: async () => ({ kind: 'refused', error: 'none' }),
    },
    directs: { of: async () => ({ kind: 'refused', error: 'none' }), known: () => undefined, learn: () => {} },
    userGroups: createUserGroups({ ...common, groups: [], store: store.groups, ask: async () => ({}) }),
    now: () => systemClock.now(),
    zoneOffsetMinutes: async () => undefined,
  });
  const acks: unknown[] = [];
  const send = (body: Record<string, unknown>): Promise<void> => {
    const event: ReceiverEvent = { body, ack: async (answer) => void acks.push(answer) };
    return app.processEvent(event);
  };
  const { digest } = await engine.proposal('1-1');
  const state = async () => (await engine.proposal('1-1')).state;
  return { ...scene, send, acks, digest, state };
}

function noHomes(): Homes {
  const nothing = async () => {};
  return { serve: () => {}, opened: nothing, refresh: nothing, [Symbol.asyncDispose]: nothing };
}

let triggers = 0;
const base = (user: string, more: Record<string, unknown> = {}) => ({
  user: { id: user, team_id: 'T0SANDBOX' },
  team: { id: 'T0SANDBOX' },
  trigger_id: `trigger-${++triggers}`,
  ...more,
});
const click = (user: string, action: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  base(user, {
    type: 'block_actions',
    channel: { id: SCENE_CHANNEL },
    actions: [{ type: 'button', block_id: 'proposal', ...action }],
    ...more,
  });
const submission = (
  user: string,
  metadata: unknown,
  typed: string,
  more: Record<string, unknown> = {},
  callback = 'proposal_confirm',
) =>
  base(user, {
    type: 'view_submission',
    view: {
      id: 'V1',
      type: 'modal',
      callback_id: callback,
      private_metadata: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
      state: { values: { typed: { proposal_typed: { type: 'plain_text_input', value: typed } } } },
    },
    ...more,
  });

describe('a payload that somebody edited', () => {
  it.each<[string, (digest: string) => string]>([
    ['another digest', (digest) => `1-1 ${digest.replace(/^./, (first) => (first === '0' ? '1' : '0'))}`],
    ['hosts of its own', (digest) => `1-1 ${digest} web-1,db-1`],
    ['an approver of its own', (digest) => `1-1 ${digest} cem`],
    ['a second line', (digest) => `1-1 ${digest}\n1-1`],
    ['JSON', (digest) => JSON.stringify({ proposal: '1-1', digest, person: 'cem', hosts: ['db-1'] })],
    ['a digest in capitals', (digest) => `1-1 ${digest.toUpperCase()}x`],
    ['nothing', () => ''],
  ])('to carry %s decides nothing', async (_what, value) => {
    const { send, digest, state, store } = await arrange();
    await send(click('U0APPROVER', { action_id: 'proposal_approve', value: value(digest) }));
    expect(await state()).toBe('open');
    expect(await store.changes.approvals(asProposalId('1-1'))).toEqual([]);
  });

  it('to name another approver beside the one who clicked counts for the one who clicked', async () => {
    const { send, digest, store, audit, state } = await arrange();
    const forged = { person: 'cem', approver: 'U0APPROVER2', username: 'cem', message: { user: 'U0APPROVER2' } };
    const action = { action_id: 'proposal_approve', value: `1-1 ${digest}`, user: { id: 'U0APPROVER2' } };
    await send(click('U0REQUESTER', { ...action, ...forged }, forged));
    expect(await state()).toBe('open');
    expect(await audit('proposal:1-1')).toContainEqual(['decision.denied', 'ada', 'policy/own-proposal']);
    await send(click('U0APPROVER', { ...action, ...forged }, forged));
    expect((await store.changes.approvals(asProposalId('1-1'))).map(({ person }) => person)).toEqual(['bob']);
  });

  it('to name other hosts in its message changes nothing of what was planned', async () => {
    const { send, digest, store, engine } = await arrange();
    const planned = (await engine.proposal('1-1')).plan.hosts;
    const message = { ts: '1', text: 'on db-1', metadata: { event_payload: { hosts: ['db-1'] } } };
    await send(
      click('U0APPROVER', { action_id: 'proposal_approve', value: `1-1 ${digest}` }, { message, hosts: ['db-1'] }),
    );
    expect(await store.changes.approvals(asProposalId('1-1'))).toMatchObject([{ person: 'bob', digest }]);
    expect((await engine.proposal('1-1')).plan.hosts).toEqual(planned);
  });

  it.each([
    ['another workspace', { user: { id: 'U0APPROVER', team_id: 'T9' } }],
    ['a guest', { user: { id: 'U0GUEST', team_id: 'T0SANDBOX' } }],
    ['nobody that Slack knows', { user: { id: 'U0NOBODY', team_id: 'T0SANDBOX' } }],
    ['no workspace at all', { user: { id: 'U0APPROVER' }, team: null }],
  ])('to come from %s decides nothing, and is recorded', async (_who, from) => {
    const { send, digest, state, audit } = await arrange();
    await send(click('U0APPROVER', { action_id: 'proposal_approve', value: `1-1 ${digest}` }, from));
    expect(await state()).toBe('open');
    expect(await audit('proposal:1-1')).toContainEqual([
      'identity.denied',
      expect.stringMatching(/^slack:/),
      'policy/not-permitted',
    ]);
  });

  it('to carry a verdict of its own gives the one of its dialog', async () => {
    const { send, digest, state } = await arrange();
    const metadata = { proposal: '1-1', digest, channel: null, verdict: 'approve' };
    await send(submission('U0APPROVER', metadata, '1-1', {}, 'proposal_reject'));
    expect(await state()).toBe('rejected');
  });
});

describe('a dialog that somebody edited', () => {
  const TYPED = 'rules: [{ confirm: typed }]';

  it.each<[string, (digest: string) => unknown, string]>([
    ['another digest', (digest) => ({ proposal: '1-1', digest: digest.replace(/^./, 'g'), channel: null }), '1-1'],
    ['a digest that was not shown', () => ({ proposal: '1-1', digest: '0'.repeat(64), channel: null }), '1-1'],
    ['a proposal that is not there', (digest) => ({ proposal: '7-1', digest, channel: null }), '7-1'],
    ['what must be typed', (digest) => ({ proposal: '1-1', digest, channel: null, expected: 'x', id: 'x' }), 'x'],
    ['garbage', () => 'x', '1-1'],
    ['nothing', () => '', '1-1'],
  ])('to carry %s approves nothing', async (_what, metadata, typed) => {
    const { send, digest, state, store, acks } = await arrange(TYPED);
    await send(submission('U0APPROVER', metadata(digest), typed));
    expect([await state(), acks.length]).toEqual(['open', 1]);
    expect(await store.changes.approvals(asProposalId('1-1'))).toEqual([]);
  });

  it('to come from the requester or a guest approves nothing, and is recorded', async () => {
    const { send, digest, state, audit } = await arrange(TYPED);
    const metadata = { proposal: '1-1', digest, channel: null, person: 'bob' };
    await send(submission('U0REQUESTER', metadata, '1-1'));
    await send(submission('U0GUEST', metadata, '1-1'));
    expect(await state()).toBe('open');
    expect(await audit('proposal:1-1')).toEqual(
      expect.arrayContaining([
        ['decision.denied', 'ada', 'policy/own-proposal'],
        ['identity.denied', 'slack:U0GUEST@T0SANDBOX', 'policy/not-permitted'],
      ]),
    );
  });

  it('not at all approves, so that the others fail for what was edited', async () => {
    const { send, digest, store, acks } = await arrange(TYPED);
    await send(submission('U0APPROVER', { proposal: '1-1', digest, channel: null }, '1-1'));
    expect(acks).toEqual([undefined]);
    expect(await store.changes.approvals(asProposalId('1-1'))).toMatchObject([{ person: 'bob', digest }]);
  });
});
