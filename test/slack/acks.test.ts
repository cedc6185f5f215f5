import { expect, it, onTestFinished } from 'vitest';
import type { SlackApp } from '../../src/slack/app.ts';
import { createSceneApp, PATIENCE, SCENE_CHANNEL, setSlackScene } from '../helpers/slack-scene.ts';
import { startHoldable } from '../helpers/slack-places.ts';

const PROPOSAL = /^Proposal 1-1:/;

it('every delivery is acknowledged in time while the Web API of Slack answers nothing', {
  timeout: 40_000,
}, async () => {
  const scene = await setSlackScene({});
  const { as, message, people, parts, engine, sandbox } = scene;
  await scene.app[Symbol.asyncDispose]();
  let app: SlackApp | undefined;
  onTestFinished(() => app?.[Symbol.asyncDispose]());
  // Ends first: what is held up fails then, and does not keep the bot from ending.
  const way = await startHoldable(Number(new URL(sandbox.slackApiUrl).port));
  app = createSceneApp(sandbox, parts, engine, { apiUrl: way.apiUrl });
  await app.start();
  await as('U0REQUESTER', '/runbook run word on web-1');
  const proposal = await message(PROPOSAL);
  await expect.poll(() => scene.store.messages.outdated(10), PATIENCE).toEqual([]);
  way.hold();
  const user = 'U0APPROVER';
  const shortcut = { user, channel: SCENE_CHANNEL, message_ts: proposal.ts, callback_id: 'show_run' };
  const answers = await Promise.all([
    as(user, '/runbook'),
    as(user, '/runbook status'),
    as(user, '/runbook run word on web-1'),
    people.click(user, proposal, 'proposal_approve'),
    people.act('shortcut', shortcut),
    people.act('open-home', { user }),
  ]);
  expect(answers.map(({ ok, error }) => error ?? ok)).toEqual([true, true, true, true, true, true]);
});
