import { describe, expect, it } from 'vitest';
import { setHomeScene } from '../helpers/home-scene.ts';
import { APPROVER, GUEST, REQUESTER } from '../helpers/slack-app-scene.ts';
import { SCENE_CHANNEL } from '../helpers/slack-scene.ts';

describe('the message shortcut "Show run"', () => {
  async function withRun() {
    const scene = await setHomeScene();
    await scene.as(REQUESTER, '/runbook run word on web-1');
    const proposal = await scene.message(/^Proposal 1-1/);
    const run = await scene.message(/^Run 1: .*answered/);
    const { people } = scene;
    const use = (user: string, ts: string, channel = SCENE_CHANNEL) =>
      people.act('shortcut', { user, callback_id: 'show_run', channel, message_ts: ts });
    return { ...scene, run, proposal, use };
  }

  it('on the message of a run or of its proposal shows the run, with its proposals, and no buttons', async () => {
    const { use, run, proposal, modalShows, people } = await withRun();
    for (const { ts } of [run, proposal]) {
      expect(await use(APPROVER, ts)).toMatchObject({ ok: true });
      await modalShows(APPROVER).toMatch(/word[\s\S]*1 of 1 host answered[\s\S]*The word is bad[\s\S]*Proposal 1-1/);
      const modal = await people.modal(APPROVER);
      expect(modal?.['title']).toMatchObject({ text: 'Run 1' });
      expect(JSON.stringify(modal)).not.toContain('"button"');
      await people.act('view-close', { user: APPROVER });
    }
  });

  it('on a notice in direct messages shows the run, too', async () => {
    const { use, modalShows, directs } = await withRun();
    await expect.poll(async () => (await directs(APPROVER)).length, { timeout: 10_000 }).toBe(1);
    const [notice] = await directs(APPROVER);
    await use(APPROVER, notice?.ts ?? '', 'D0APPROVER');
    await modalShows(APPROVER).toMatch(/The word is bad/);
  });

  it('on a reply in the thread of a run shows the run', async () => {
    const { use, run, people, modalShows } = await withRun();
    const said = await people.act('message', {
      user: REQUESTER,
      channel: SCENE_CHANNEL,
      text: 'look at this',
      thread_ts: run.ts,
    });
    await use(APPROVER, said.ts ?? '');
    await modalShows(APPROVER).toMatch(/The word is bad/);
  });

  it('on other messages says so, whatever they claim to be', async () => {
    const { use, people, modalShows } = await withRun();
    const said = await people.act('message', { user: REQUESTER, channel: SCENE_CHANNEL, text: 'Run 1: word on web-1' });
    await use(APPROVER, said.ts ?? '');
    await modalShows(APPROVER).toMatch(/not one of my messages/);
  });

  it('shows a guest nothing, says so in the dialog, and records it', async () => {
    const { use, run, modalShows, people, audit } = await withRun();
    await use(GUEST, run.ts);
    await modalShows(GUEST).toMatch(/Guests may not do this/);
    expect(JSON.stringify(await people.modal(GUEST))).not.toContain('web-1');
    expect(await audit('run:1')).toContainEqual(['identity.denied', 'slack:U0GUEST@T0SANDBOX', 'policy/not-permitted']);
  });
});
