import { describe, expect, it, onTestFinished } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import { createTestStore, wordContext } from '../helpers/engine.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
import { APPROVER, REQUESTER, setAppScene } from '../helpers/slack-app-scene.ts';
import { PATIENCE, startSceneApp } from '../helpers/slack-scene.ts';
import { createWordTransport } from '../helpers/word-hosts.ts';

const PROPOSAL = /^Proposal 1-1:/;

describe('a Slack in trouble', () => {
  it('that renews a socket in the middle of a run loses neither the run nor the next command', async () => {
    const { as, people, message, transport, lastTold } = await setAppScene();
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    transport.host('web-1').meanwhile = () => held;
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 1: word on web-1: asking 1 host/);
    expect(await people.act('disconnect', { reason: 'refresh_requested' })).toMatchObject({ ok: true, told: 1 });
    expect(await as(APPROVER, '/runbook status')).toMatchObject({ ok: true });
    await lastTold(APPROVER).toMatch(/run 1: word on web-1/);
    release();
    await message(/^Run 1: [\s\S]*The word is bad/);
    await message(PROPOSAL);
    await expect.poll(async () => (await people.state())['sockets'], PATIENCE).toBe(2);
  });

  it('that limits rates ends with true messages for four runs at once', async () => {
    const { as, shown, people, settled } = await setAppScene({ sandbox: { rateLimits: true } });
    await people.act('fault', { rateLimits: 1, retryAfterS: 1 });
    const users = [REQUESTER, APPROVER, REQUESTER, APPROVER];
    await Promise.all(users.map((user) => as(user, '/runbook run word on web-1')));
    await settled(4, { timeout: 40_000 });
    const texts = (await shown()).map(({ text }) => text);
    expect(texts.filter((text) => /^Run \d: .*\n.*The word is bad/.test(text))).toHaveLength(4);
    expect(texts.filter((text) => /^Proposal \d-1: .*\n.*waits for approval/.test(text))).toHaveLength(4);
    expect(texts).toHaveLength(8);
  }, 50_000);

  it('that breaks the connection after it posted gets no second message', async () => {
    let arm = async (): Promise<unknown> => {
      throw new Error('nothing to arm');
    };
    const { as, shown, people, settled } = await setAppScene({
      adapt: (engine) => ({
        ...engine,
        start: async (request) => {
          await arm();
          return engine.start(request);
        },
      }),
    });
    arm = () => people.act('fault', { dropAnswers: 1 });
    await as(REQUESTER, '/runbook run word on web-1');
    await settled(1);
    expect((await shown()).map(({ text }) => text.split(':')[0])).toEqual(['Run 1', 'Proposal 1-1']);
    const { counts, faults } = await people.state();
    expect(counts).toMatchObject({ 'chat.postMessage': { calls: 2 }, 'conversations.history': { calls: 1 } });
    expect(faults).toMatchObject({ dropAnswers: 0 });
  });

  it('that does not accept the tokens ends the start with an error', async () => {
    const sandbox = await startTestSandbox();
    onTestFinished(() => sandbox.stop());
    await using stores = createTestStore();
    const context = wordContext(
      { store: stores.store, transport: createWordTransport({}), hosts: [] },
      { path: '/word' },
    );
    await using engine = createEngine(context);
    await expect(startSceneApp({ ...sandbox, botToken: 'xoxb-other' }, context, engine)).rejects.toThrow(
      'invalid_auth',
    );
    await expect(startSceneApp({ ...sandbox, appToken: 'xapp-other' }, context, engine)).rejects.toThrow(
      'invalid_auth',
    );
  });
});
