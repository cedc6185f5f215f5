import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { createAttending } from '../../src/slack/attending.ts';
import { createPace } from '../../src/slack/pace.ts';
import { APPROVER, setAppScene } from '../helpers/slack-app-scene.ts';
import { ScriptedSlack } from '../helpers/scripted-slack.ts';

describe('attending to people', () => {
  it('asks who looks at a Home without the client of those who click: Slack wanting fewer calls holds up no dialog', async () => {
    const { parts, engine, sandbox, people } = await setAppScene();
    const asked: string[] = [];
    const lookUp = async (user: string) => {
      asked.push(user);
      throw new Error('this is for those who click');
    };
    const attending = createAttending({
      ...parts,
      engine,
      messages: parts.store.messages,
      botToken: new Secret(sandbox.botToken),
      apiUrl: sandbox.slackApiUrl,
      command: '/runbook',
      teams: ['T0SANDBOX'],
      lookUp,
      userGroups: { serve: () => {}, freshen: async () => {}, [Symbol.asyncDispose]: async () => {} },
      live: new ScriptedSlack(),
      pace: createPace(parts.clock),
      hangUp: new AbortController().signal,
    });
    onTestFinished(() => attending[Symbol.asyncDispose]());
    await attending.homes.opened({ userId: APPROVER, teamId: 'T0SANDBOX' });
    expect(JSON.stringify(await people.home(APPROVER))).toContain('Nothing runs');
    const claim = { userId: APPROVER, teamId: 'T0SANDBOX', wish: 'proposal_approve', subject: 'proposal:1-1' };
    await expect(attending.identity.asker({ ...claim, channel: null })).rejects.toThrow(/could not say who you are/);
    expect(asked).toEqual([APPROVER]);
  });
});
