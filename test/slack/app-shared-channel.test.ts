import { describe, expect, it } from 'vitest';
import { APPROVER, REQUESTER, setAppScene } from '../helpers/slack-app-scene.ts';
import { SCENE_CHANNEL } from '../helpers/slack-scene.ts';

describe('a channel that another organisation shares', () => {
  const shared = { sandbox: { channels: [{ id: SCENE_CHANNEL, name: 'incidents', isExtShared: true }] } };

  it('gets no runs: told to the person alone, and recorded; their own questions are answered', async () => {
    const { as, lastTold, shown, engine, store } = await setAppScene(shared);
    await as(REQUESTER, '/runbook run word on web-1');
    await lastTold(REQUESTER).toMatch(/shared with another organisation[\s\S]*direct messages with me/);
    expect([await shown(), await engine.history({ limit: 1 })]).toEqual([[], []]);
    expect((await store.audit.of('command:run')).map(({ event }) => event)).toEqual(['identity.denied']);
    await as(APPROVER, '/runbook status');
    await lastTold(APPROVER).toMatch(/Nothing runs and nothing waits/);
  });
});
