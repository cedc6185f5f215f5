import { describe, expect, it, onTestFinished } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type AppSceneInit, APPROVER, GUEST, NOBODY, REQUESTER, setAppScene } from '../helpers/slack-app-scene.ts';
import { SCENE_CHANNEL } from '../helpers/slack-scene.ts';

const PROPOSAL = /^Proposal 1-1:/;

describe('a proposal in Slack', () => {
  async function proposed(options: AppSceneInit = {}) {
    const scene = await setAppScene(options);
    await scene.as(REQUESTER, '/runbook run word on web-1');
    await scene.message(PROPOSAL);
    return scene;
  }

  it('is not approved by who asked for the run: told to them alone, and recorded', async () => {
    const { click, lastTold, told, audit, engine } = await proposed();
    await click(REQUESTER, PROPOSAL, 'proposal_approve');
    await lastTold(REQUESTER).toMatch(/somebody else has to approve it/);
    expect(await told(APPROVER)).toEqual([]);
    expect(await audit('proposal:1-1')).toContainEqual(['decision.denied', 'ada', 'policy/own-proposal']);
    expect((await engine.proposal('1-1')).state).toBe('open');
  });

  it('is not approved by a guest or by somebody who is not configured', async () => {
    const { click, lastTold, engine } = await proposed();
    await click(GUEST, PROPOSAL, 'proposal_approve');
    await lastTold(GUEST).toMatch(/Guests may not do this/);
    await click(NOBODY, PROPOSAL, 'proposal_approve');
    await lastTold(NOBODY).toMatch(/not among the configured people/);
    expect((await engine.proposal('1-1')).state).toBe('open');
  });

  it('is decided once, however often the approver clicks and Slack delivers it', async () => {
    const { click, message, people, audit, transport, shown, engine } = await proposed();
    const before = await message(PROPOSAL);
    await people.act('fault', { duplicates: 1 });
    await Promise.all([1, 2].map(() => people.click(APPROVER, before, 'proposal_approve')));
    const after = await message(/^Proposal 1-1:.*\n.*Approved by bob[\s\S]*Applied and proven on web-1/);
    expect(after.ts).toBe(before.ts);
    expect(JSON.stringify(after.blocks)).not.toContain('proposal_approve');
    const events = (await audit('proposal:1-1')).map(([event]) => event);
    expect(events.filter((event) => event === 'proposal.approved')).toHaveLength(1);
    expect(events.filter((event) => event === 'decision.denied')).toHaveLength(1);
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
    expect(transport.host('web-1').word).toBe('good');
    expect((await shown()).filter(({ text }) => PROPOSAL.test(text))).toHaveLength(1);
    await click(REQUESTER, PROPOSAL, 'proposal_undo');
    await message(/^Proposal 1-1:[\s\S]*Undone on web-1/);
    expect([transport.host('web-1').word, (await engine.proposal('1-1')).state]).toEqual(['bad', 'undone']);
  });

  it('is rejected by its requester, and its buttons are gone', async () => {
    const { reject, message, transport } = await proposed();
    await reject(REQUESTER, PROPOSAL, 'not during the <!here> sale');
    const after = await message(
      /^Proposal 1-1:.*\nRejected by ada: not during the &lt;!here&gt; sale\.\nNothing was changed\./,
    );
    expect(JSON.stringify(after.blocks)).toMatch(/Rejected by ada.*"type":"date".*not during the <!here> sale/);
    expect(JSON.stringify(after.blocks)).not.toContain('action_id');
    expect(transport.calls).toEqual(['web-1 read']);
  });

  it.each([
    [
      'another digest',
      (value: string) => value.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      /not what you were/,
    ],
    ['garbage', () => '{"proposal":"1-1"}', /not one of mine/],
    ['no digest', () => '1-1', /not one of mine/],
    ['a proposal that is not there', (value: string) => value.replace('1-1', '7-1'), /no proposal 7-1/],
  ])('is not approved by a button that carries %s', async (_what, tamper, answer) => {
    const { message, people, lastTold, sandbox, engine } = await proposed();
    const genuine = JSON.stringify((await message(PROPOSAL)).blocks);
    const value = /"value":"(1-1 [0-9a-f]{64})"/.exec(genuine)?.[1] ?? '';
    const forged = await forgeButton(sandbox, 'proposal_approve', tamper(value));
    await people.click(APPROVER, { channel: SCENE_CHANNEL, ts: forged }, 'proposal_approve');
    await lastTold(APPROVER).toMatch(answer);
    expect((await engine.proposal('1-1')).state).toBe('open');
  });

  it('is not undone by a button of another proposal that once had its number', async () => {
    const { click, message, people, lastTold, sandbox, engine } = await proposed();
    await click(APPROVER, PROPOSAL, 'proposal_approve');
    await message(/^Proposal 1-1:[\s\S]*Applied and proven/);
    const forged = await forgeButton(sandbox, 'proposal_undo', `1-1 ${'0'.repeat(64)}`);
    await people.click(APPROVER, { channel: SCENE_CHANNEL, ts: forged }, 'proposal_undo');
    await lastTold(APPROVER).toMatch(/not the change that this button was made for/);
    expect((await engine.proposal('1-1')).state).toBe('proven');
  });

  it('outlives a click that is being worked on while the bot stops', async () => {
    let release = (): void => {};
    let begin = (): void => {};
    const [held, begun] = [new Promise<void>((done) => (release = done)), new Promise<void>((done) => (begin = done))];
    onTestFinished(() => release());
    const { click, app, audit, message, startApp } = await proposed({
      adapt: (engine) => ({
        ...engine,
        decide: async (request) => {
          begin();
          await held;
          return engine.decide(request);
        },
      }),
    });
    await click(APPROVER, PROPOSAL, 'proposal_approve');
    await begun;
    let stopped = false;
    const stopping = app[Symbol.asyncDispose]().then(() => (stopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect((await audit('proposal:1-1')).map(([event]) => event)).toContain('proposal.approved');
    await startApp();
    await message(/^Proposal 1-1:.*\n.*Approved by bob/);
  });
});

/** Posts, as the bot, a message whose button carries a value of the attacker's choice; returns its time stamp. */
async function forgeButton(sandbox: Sandbox, action: string, value: string): Promise<string> {
  const button = {
    type: 'button',
    action_id: action,
    value,
    text: { type: 'plain_text', text: 'Approve' },
  };
  const response = await fetch(new URL('chat.postMessage', sandbox.slackApiUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: SCENE_CHANNEL, text: 'forged', blocks: [{ type: 'actions', elements: [button] }] }),
  });
  const { ts } = (await response.json()) as { readonly ts: string };
  return ts;
}
