import { describe, expect, it, onTestFinished } from 'vitest';
import { asPersonName } from '../../src/base/ids.ts';
import { Secret } from '../../src/base/secret.ts';
import { sandboxClient } from '../helpers/sandbox.ts';
import { startComingAndGoing, startSilence, watchRejections } from '../helpers/slack-places.ts';
import { createSceneApp, PATIENCE, SCENE_CHANNEL, setSlackScene } from '../helpers/slack-scene.ts';

const RUN = { person: asPersonName('ada'), surface: 'slack', runbook: 'word', selector: 'web-1', params: {} } as const;

/** An engine that works, and a second Slack beside the scene's own that comes and goes. */
async function setAwayScene() {
  const rejections = watchRejections();
  const scene = await setSlackScene({});
  await scene.app[Symbol.asyncDispose]();
  const place = await startComingAndGoing();
  const told: string[] = [];
  const app = createSceneApp(place.sandbox, scene.parts, scene.engine, { away: (why) => told.push(why) });
  onTestFinished(() => app[Symbol.asyncDispose]());
  const start = async () => scene.engine.start({ ...RUN, channel: SCENE_CHANNEL });
  /** What people of the second Slack read in the channel. */
  const read = async () =>
    (await sandboxClient(place.sandbox).messages(SCENE_CHANNEL, 'U0REQUESTER')).map(({ text }) => text);
  const upToDate = () => expect.poll(() => scene.store.messages.outdated(10), PATIENCE).toEqual([]);
  return { ...scene, rejections, place, app, awayWords: told, start, read, upToDate };
}

describe('a Slack that is away', { timeout: 40_000 }, () => {
  it('when the bot starts is tried until it is there, and then shown what happened meanwhile', async () => {
    const { place, app, awayWords, start, read, upToDate, rejections } = await setAwayScene();
    await place.leave();
    const starting = app.start();
    await expect.poll(() => app.condition().words, PATIENCE).toMatch(/^Slack cannot be reached: .*fetch failed/);
    await start();
    await place.comeBack();
    await starting;
    expect(app.condition().ok).toBe(true);
    expect(awayWords).toEqual([expect.stringContaining('fetch failed')]);
    await expect.poll(read, PATIENCE).toContainEqual(expect.stringMatching(/^Proposal 1-1:/));
    await upToDate();
    expect(rejections).toEqual([]);
  });

  it('in the middle of work has every message brought up to date when it is back', async () => {
    const { place, app, start, read, upToDate, engine, rejections } = await setAwayScene();
    await app.start();
    await start();
    await expect.poll(read, PATIENCE).toContainEqual(expect.stringMatching(/^Proposal 1-1:/));
    await upToDate();
    await place.leave();
    await expect.poll(() => app.condition(), PATIENCE).toMatchObject({ ok: false });
    const { digest } = await engine.proposal('1-1');
    await engine.decide({
      person: asPersonName('bob'),
      surface: 'cli',
      proposal: '1-1',
      digest,
      typed: null,
      verdict: 'reject',
      reason: 'not now',
    });
    await start();
    await place.comeBack();
    await expect.poll(read, PATIENCE).toContainEqual(expect.stringMatching(/^Proposal 1-1:[\s\S]*Rejected by bob/));
    await expect.poll(read, PATIENCE).toContainEqual(expect.stringMatching(/^Proposal 2-1:/));
    await upToDate();
    await expect.poll(() => app.condition().words, PATIENCE).toBe('2 of 2 sockets are connected');
    expect(rejections).toEqual([]);
  });

  it('does not keep the bot from being stopped', async () => {
    const { place, app, rejections } = await setAwayScene();
    await place.leave();
    const starting = app.start();
    await expect.poll(() => app.condition().words, PATIENCE).toMatch(/cannot be reached/);
    await app[Symbol.asyncDispose]();
    await starting;
    expect(rejections).toEqual([]);
  });

  it('in that it never answers does not either', { timeout: 8000 }, async () => {
    const { place, parts, engine, rejections } = await setAwayScene();
    const { apiUrl } = await startSilence();
    const app = createSceneApp(place.sandbox, parts, engine, { apiUrl });
    const starting = app.start();
    await app[Symbol.asyncDispose]();
    await starting;
    expect(rejections).toEqual([]);
  });

  it('and refuses the token when it is there ends the start', async () => {
    const { place, parts, engine } = await setAwayScene();
    const other = createSceneApp(place.sandbox, parts, engine, { botToken: new Secret('xoxb-other') });
    onTestFinished(() => other[Symbol.asyncDispose]());
    await expect(other.start()).rejects.toMatchObject({ code: 'config/invalid' });
  });
});
