import { describe, expect, it } from 'vitest';
import { SCENE_CHANNEL, type SlackSceneInit, setSlackScene } from '../helpers/slack-scene.ts';

const PROPOSAL = /^Proposal 1-1:/;
const POLICY = 'rules: [{ confirm: typed }]';

/** A proposal that the policy wants typed, in Slack. */
async function proposed(init: SlackSceneInit = {}) {
  const scene = await setSlackScene({ policy: POLICY, ...init });
  await scene.as('U0REQUESTER', '/runbook run word on web-1');
  await scene.message(PROPOSAL);
  /** Clicks and waits for the modal. */
  const open = async (user: string) => {
    await scene.click(user, PROPOSAL, 'proposal_confirm');
    await expect.poll(() => scene.people.modal(user), { timeout: 15_000 }).not.toBeNull();
    return JSON.stringify(await scene.people.modal(user));
  };
  const state = async () => (await scene.engine.proposal('1-1')).state;
  return { ...scene, open, state };
}

describe('a change that is approved by typing its name', () => {
  it('says so, and its button opens a dialog with what will change and why that is asked', async () => {
    const { message, open, state } = await proposed();
    expect(JSON.stringify((await message(PROPOSAL)).blocks)).toMatch(/needs 1 approval, typed.*Approve …/);
    const modal = await open('U0APPROVER');
    for (const part of ['write a good word on web-1', '/word', 'the policy asks for it', 'Type 1-1 to approve it'])
      expect(modal).toContain(part);
    expect(await state()).toBe('open');
  });

  it('is made when the name is typed as it is', async () => {
    const { open, submit, message, audit } = await proposed();
    await open('U0APPROVER');
    expect(await submit('U0APPROVER', ' 1-1 ')).toMatchObject({ ok: true });
    await message(/^Proposal 1-1:.*\n.*Approved by bob[\s\S]*proven on web-1/);
    expect(await audit('proposal:1-1')).toContainEqual(['proposal.approved', 'bob', null]);
  });

  it.each(['1-2', 'yes', '1-1-1'])(
    'is not made when "%s" is typed: told under the input, and recorded',
    async (typed) => {
      const { open, submit, audit, state, people } = await proposed();
      await open('U0APPROVER');
      expect(await submit('U0APPROVER', typed)).toMatchObject({
        errors: { typed: 'This is not 1-1. Type it as it is.' },
      });
      await expect
        .poll(() => audit('proposal:1-1'), { timeout: 15_000 })
        .toContainEqual(['decision.denied', 'bob', 'policy/unconfirmed']);
      expect(await people.modal('U0APPROVER')).not.toBeNull();
      expect(await state()).toBe('open');
      expect(await submit('U0APPROVER', '1-1')).toMatchObject({ ok: true });
      await expect.poll(state, { timeout: 15_000 }).toBe('proven');
    },
  );

  it.each([
    ['U0REQUESTER', /somebody else has to approve it/, ['decision.denied', 'ada', 'policy/own-proposal']],
    ['U0GUEST', /Guests may not do this/, ['identity.denied', 'slack:U0GUEST@T0SANDBOX', 'policy/not-permitted']],
  ])('tells %s in the dialog that it would not count, and records it', async (user, words, entry) => {
    const { open, people, audit, submit, state } = await proposed();
    await open(user);
    await expect.poll(async () => JSON.stringify(await people.modal(user)), { timeout: 15_000 }).toMatch(words);
    await expect.poll(() => audit('proposal:1-1'), { timeout: 15_000 }).toContainEqual(entry);
    await submit(user, '1-1');
    expect(await state()).toBe('open');
  });

  it('is not made by the button of one that a click is enough for', async () => {
    const { sandbox, message, people, lastTold, audit, state } = await proposed();
    const value = /"value":"(1-1 [0-9a-f]{64})"/.exec(JSON.stringify((await message(PROPOSAL)).blocks))?.[1] ?? '';
    const button = { type: 'button', action_id: 'proposal_approve', value, text: { type: 'plain_text', text: 'x' } };
    const ts = await postAsBot(sandbox, [{ type: 'actions', elements: [button] }]);
    await people.click('U0APPROVER', { channel: SCENE_CHANNEL, ts }, 'proposal_approve');
    await lastTold('U0APPROVER').toMatch(/1-1 has to be confirmed by typing its name/);
    expect(await audit('proposal:1-1')).toContainEqual(['decision.denied', 'bob', 'policy/unconfirmed']);
    expect(await state()).toBe('open');
  });

  it.each([
    [
      'another digest',
      (value: string) => value.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      /not what you were/,
    ],
    ['a proposal that is not there', (value: string) => value.replace('1-1', '7-1'), /no proposal 7-1/],
    ['garbage', () => 'x', /not one of mine/],
  ])('is not confirmed from a button that carries %s', async (_what, tamper, words) => {
    const { sandbox, message, people, lastTold, state } = await proposed();
    const value = /"value":"(1-1 [0-9a-f]{64})"/.exec(JSON.stringify((await message(PROPOSAL)).blocks))?.[1] ?? '';
    const button = {
      type: 'button',
      action_id: 'proposal_confirm',
      value: tamper(value),
      text: { type: 'plain_text', text: 'x' },
    };
    const ts = await postAsBot(sandbox, [{ type: 'actions', elements: [button] }]);
    await people.click('U0APPROVER', { channel: SCENE_CHANNEL, ts }, 'proposal_confirm');
    if (tamper(value).startsWith('1-1'))
      await expect
        .poll(async () => JSON.stringify(await people.modal('U0APPROVER')), { timeout: 15_000 })
        .toMatch(words);
    else await lastTold('U0APPROVER').toMatch(words);
    expect(await state()).toBe('open');
  });

  it('whose dialog was open while another person rejected it is told so', async () => {
    const { open, submit, reject, message, lastTold, state } = await proposed();
    await open('U0APPROVER');
    await reject('U0APPROVER2', PROPOSAL, '');
    await message(/Rejected by cem/);
    await submit('U0APPROVER', '1-1');
    await lastTold('U0APPROVER').toMatch(/does not wait for a decision any more/);
    expect(await state()).toBe('rejected');
  });

  it('is approved once, however often Slack delivers the dialog', async () => {
    const { open, submit, people, audit, message } = await proposed();
    await open('U0APPROVER');
    await people.act('fault', { duplicates: 1 });
    await submit('U0APPROVER', '1-1');
    await message(/Approved by bob/);
    const events = (await audit('proposal:1-1')).map(([event]) => event);
    expect(events.filter((event) => event === 'proposal.approved' || event === 'decision.denied')).toEqual([
      'proposal.approved',
    ]);
  });
});

async function postAsBot(
  { slackApiUrl, botToken }: { readonly slackApiUrl: string; readonly botToken: string },
  blocks: readonly unknown[],
): Promise<string> {
  const response = await fetch(new URL('chat.postMessage', slackApiUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: SCENE_CHANNEL, text: 'forged', blocks }),
  });
  return ((await response.json()) as { readonly ts: string }).ts;
}
