import { describe, expect, it, onTestFinished } from 'vitest';
import { asPersonName } from '../../src/base/ids.ts';
import { createFastClock } from '../helpers/fast-clock.ts';
import { startHoldable } from '../helpers/slack-places.ts';
import { createSceneApp, PATIENCE, SCENE_CHANNEL, SCENE_PEOPLE, setSlackScene } from '../helpers/slack-scene.ts';

/** People who may approve, but whom Slack does not know: each is asked about when a proposal waits. */
const STRANGERS = Array.from({ length: 30 }, (_, n) => {
  return {
    name: asPersonName(`p${n}`),
    slackUserId: `U0STRANGER${n}`,
    unixUser: undefined,
    roles: ['approve'],
  } as const;
});

describe('stopping the bot', () => {
  it('does not wait for a Slack that has stopped answering, however much there is to ask it', {
    timeout: 25_000,
  }, async () => {
    const scene = await setSlackScene({ people: [...SCENE_PEOPLE.slice(0, 1), ...STRANGERS] });
    await scene.as('U0REQUESTER', '/runbook run word on all');
    await scene.message(/^Proposal 1-1:/);
    await expect.poll(() => scene.store.messages.outdated(10), PATIENCE).toEqual([]);
    await scene.app[Symbol.asyncDispose]();

    const { port } = new URL(scene.sandbox.slackApiUrl);
    const way = await startHoldable(Number(port));
    const place = { ...scene.sandbox, slackApiUrl: way.apiUrl };
    const app = createSceneApp(place, scene.parts, scene.engine, { clock: createFastClock(20) });
    onTestFinished(() => app[Symbol.asyncDispose]());
    await app.start();
    way.hold();
    const run = { runbook: 'word', selector: 'all', params: {}, channel: SCENE_CHANNEL };
    await scene.engine.start({ person: asPersonName('ada'), surface: 'slack', ...run });
    await app[Symbol.asyncDispose]();
    expect(app.condition().words).toMatch(/^stopping/);
  });
});
