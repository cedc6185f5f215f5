import { describe, expect, it } from 'vitest';
import { setHomeScene } from '../helpers/home-scene.ts';
import { APPROVER, GUEST, REQUESTER } from '../helpers/slack-app-scene.ts';
import { PATIENCE, SCENE_CHANNEL } from '../helpers/slack-scene.ts';

describe('approvers', () => {
  it('are told once of a proposal, with the way to it; later that it was decided. Nobody else is told', async () => {
    const { as, message, directs, engine, app, startApp } = await setHomeScene();
    await as(REQUESTER, '/runbook run word on web-1');
    const proposal = await message(/^Proposal 1-1/);
    const told = async (user: string) => (await directs(user)).map(({ text }) => text);
    await expect.poll(() => told(APPROVER), PATIENCE).toHaveLength(1);
    expect((await told(APPROVER))[0]).toMatch(
      /^Proposal 1-1 waits for you: write a good word on web-1\. Expires <!date\^\d+\^\{time\}\|[^>]*UTC>\.$/,
    );
    const [notice] = await directs(APPROVER);
    const place = `/archives/${SCENE_CHANNEL}/p${proposal.ts.replace('.', '')}`;
    expect(JSON.stringify(notice?.blocks)).toContain(place);
    expect(JSON.stringify(notice?.blocks)).toContain('Nobody else is told.');
    await app[Symbol.asyncDispose]();
    await startApp();
    await engine.decide({
      person: (await engine.proposal('1-1')).requester,
      surface: 'slack',
      proposal: '1-1',
      digest: undefined,
      verdict: 'reject',
      reason: null,
    });
    await expect
      .poll(() => told(APPROVER), PATIENCE)
      .toEqual([expect.stringMatching(/^Proposal 1-1: write a good word on web-1\. Rejected by ada, /)]);
    expect((await directs(APPROVER))[0]?.ts).toBe(notice?.ts);
    expect([await told(REQUESTER), await told(GUEST)]).toEqual([[], []]);
  });
});
