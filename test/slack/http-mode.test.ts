import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { setSlackScene } from '../helpers/slack-scene.ts';
import { commandBody, postSigned } from '../helpers/signed.ts';
import { freePort } from '../helpers/slack-places.ts';

const SECRET = 'the-signing-secret';
const PROPOSAL = /^Proposal 1-1:/;

/** The bot on a sandbox that posts signed requests instead of using sockets. */
async function setHttpScene() {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const listen = { host: '127.0.0.1', port };
  const scene = await setSlackScene({
    sandbox: { requests: { requestUrl: `${origin}/slack/events`, signingSecret: SECRET } },
    slack: { deliveries: { mode: 'http', signingSecret: new Secret(SECRET), listen } },
  });
  const runs = async () => (await scene.engine.history({ limit: 10 })).length;
  return { ...scene, origin, runs };
}

describe('the bot in HTTP mode', { timeout: 40_000 }, () => {
  it('runs what is typed and applies what is clicked, once, also when Slack posts it twice', async () => {
    const { as, click, message, people, audit, runs, transport } = await setHttpScene();
    await people.act('fault', { duplicates: 1 });
    expect(await as('U0REQUESTER', '/runbook run word on web-1')).toMatchObject({ ok: true });
    await message(PROPOSAL);
    await people.act('fault', { duplicates: 1 });
    expect(await click('U0APPROVER', PROPOSAL, 'proposal_approve')).toMatchObject({ ok: true });
    await message(/^Proposal 1-1:[\s\S]*Applied and proven on web-1/);
    expect(await runs()).toBe(1);
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
    const events = (await audit('proposal:1-1')).map(([event]) => event);
    expect(events.filter((event) => event === 'proposal.approved')).toHaveLength(1);
    expect((await people.state())['sockets']).toBe(0);
  });

  it('does nothing for a request that somebody recorded and sends again', async () => {
    const { origin, message, runs } = await setHttpScene();
    const recorded = commandBody('run word on web-1', { trigger_id: 'recorded' });
    const again = { headers: { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' } };
    expect((await postSigned(origin, SECRET, recorded)).status).toBe(200);
    await message(PROPOSAL);
    expect((await postSigned(origin, SECRET, recorded, again)).status).toBe(200);
    expect((await postSigned(origin, SECRET, recorded)).status).toBe(200);
    // What comes after them is served, so they were, too.
    expect((await postSigned(origin, SECRET, commandBody('run word on web-1', { trigger_id: 'new' }))).status).toBe(
      200,
    );
    await message(/^Proposal 2-1:/);
    expect(await runs()).toBe(2);
  });
});
