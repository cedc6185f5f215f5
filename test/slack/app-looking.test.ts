import { describe, expect, it, onTestFinished } from 'vitest';
import { APPROVER, GUEST, REQUESTER, setAppScene } from '../helpers/slack-app-scene.ts';
import { SCENE_ALERTS, SCENE_CHANNEL } from '../helpers/slack-scene.ts';

const GOOD = { 'web-1': 'good', 'web-2': 'good' };

/** A scene in which hosts that are asked wait until the test ends or lets them go on. */
async function waitingScene() {
  const scene = await setAppScene({ words: GOOD });
  let release = (): void => {};
  const held = new Promise<void>((done) => (release = done));
  onTestFinished(() => release());
  scene.transport.host('web-1').meanwhile = () => held;
  return { ...scene, release: () => release() };
}

describe('the same run once more', () => {
  it('is the last one of the channel, with the same hosts and params', async () => {
    const { as, message, engine } = await setAppScene({ words: GOOD });
    await as(REQUESTER, '/runbook run word on web-* !web-2 interval=7');
    await message(/^Run 1: .* answered/);
    await as(APPROVER, '/runbook again');
    await message(/^Run 2: .* answered/);
    const [entry] = await engine.history({ limit: 1 });
    const same = { runbook: 'word', selector: 'web-* !web-2', params: { interval: 7 }, channel: SCENE_CHANNEL };
    expect(entry?.run).toMatchObject({ ...same, requester: 'bob' });
  });

  it('is the one that is named, else the last one of the person where nothing ran in the channel', async () => {
    const { as, message, people, engine } = await setAppScene({ words: GOOD });
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 1: .* answered/);
    await as(REQUESTER, '/runbook run word on web-2');
    await message(/^Run 2: .* answered/);
    await people.command(REQUESTER, SCENE_ALERTS, '/runbook again');
    await message(/^Run 3: word on web-2/, SCENE_ALERTS);
    await people.command(REQUESTER, SCENE_ALERTS, '/runbook again #1');
    await message(/^Run 4: word on web-1/, SCENE_ALERTS);
    expect((await engine.history({ limit: 1 }))[0]?.run.channel).toBe(SCENE_ALERTS);
  });

  it('on failed hosts asks only those that did not answer', async () => {
    const { as, message, transport, lastTold, engine } = await setAppScene({ words: GOOD });
    transport.host('web-2').failure = 'unreachable';
    await as(REQUESTER, '/runbook run word on @web');
    await message(/^Run 1: .*1 of 2 hosts answered/);
    delete transport.host('web-2').failure;
    await as(REQUESTER, '/runbook again failed');
    await message(/^Run 2: word on web-2: 1 of 1 host answered/);
    await as(REQUESTER, '/runbook again 2 failed');
    await lastTold(REQUESTER).toMatch(/every host of run 2 answered\n.*Without "failed"/);
    expect(await engine.history({ limit: 9 })).toHaveLength(2);
  });

  it('on failed hosts waits until it is known which those are', async () => {
    const { as, message, lastTold } = await waitingScene();
    await as(REQUESTER, '/runbook run word on @web');
    await message(/^Run 1: .*asking/);
    await as(REQUESTER, '/runbook again failed');
    await lastTold(REQUESTER).toMatch(/run 1 is still asking its hosts/);
  });
});

describe('cancel without a number', () => {
  it('stops the one run that the person has under way in the channel', async () => {
    const { as, message, lastTold } = await waitingScene();
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 1: .*asking/);
    await as(REQUESTER, '/runbook cancel');
    await lastTold(REQUESTER).toMatch(/^Run 1 is cancelled\./);
    await message(/^Run 1: word on web-1: cancelled/);
  });

  it('asks which one where there are several, or where it is somebody else’s, and stops none', async () => {
    const { as, message, lastTold, engine } = await waitingScene();
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 1: .*asking/);
    await as(APPROVER, '/runbook cancel');
    await lastTold(APPROVER).toMatch(
      /^Which one\? 1 run is still asking; \/runbook cancel ID stops one\.\nrun 1: word/,
    );
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 2: .*asking/);
    await as(REQUESTER, '/runbook cancel');
    await lastTold(REQUESTER).toMatch(/^Which one\? 2 runs are still asking/);
    expect((await engine.history({ limit: 9 })).map(({ run }) => run.state)).toEqual(['reading', 'reading']);
  });
});

describe('show', () => {
  it('shows a run and a proposal as a whole, to the person alone: findings, decisions, what came of it', async () => {
    const { as, message, people, told, lastTold } = await setAppScene();
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Proposal 1-1:/);
    await people.click(APPROVER, await message(/^Proposal 1-1:/), 'proposal_approve');
    await message(/^Proposal 1-1:.*[\s\S]*proven on web-1/);
    await as(APPROVER, '/runbook show 1-1');
    await lastTold(APPROVER).toMatch(/^Proposal 1-1: write a good word/);
    await as(APPROVER, '/runbook show run 1');
    await lastTold(APPROVER).toMatch(/^Run 1: word on web-1/);
    const shown = (await people.messages(SCENE_CHANNEL, APPROVER)).filter(({ is_ephemeral }) => is_ephemeral);
    const [proposal, run] = shown.map(({ blocks }) => JSON.stringify(blocks));
    for (const part of ['What happened', 'proposed', 'Approved by bob', 'web-1 proven', '/runbook show 1'])
      expect(proposal).toContain(part);
    for (const part of ['The word is bad', 'Run 1 asked for by ada in Slack', 'Run 1 finished', '1-1: Approved by bob'])
      expect(run).toContain(part);
    expect(`${proposal}${run}`).not.toContain('"type":"button"');
    expect(await told(REQUESTER)).toEqual([]);
  });
});

describe('hosts with a selector', () => {
  it('says at once that they are asked, then what works on them, to the person alone', async () => {
    const { as, told, lastTold } = await setAppScene({ words: GOOD });
    await as(REQUESTER, '/runbook hosts <!subteam^S1|@web>');
    await expect.poll(() => told(REQUESTER)).toHaveLength(2);
    expect((await told(REQUESTER))[0]).toBe('Asking 2 hosts what works there: web-1, web-2 …');
    await lastTold(REQUESTER).not.toMatch(/^Asking/);
    expect(await told(APPROVER)).toEqual([]);
  });

  it('is refused to a guest, and no host is asked', async () => {
    const { as, lastTold } = await setAppScene();
    await as(GUEST, '/runbook hosts @web');
    await lastTold(GUEST).toMatch(/Guests may not do this/);
  });
});
