import { describe, expect, it } from 'vitest';
import { asPersonName } from '../../src/base/ids.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import type { TurnedAway } from '../../src/engine/refusals.ts';
import { createIdentity } from '../../src/slack/identity.ts';

const POLICY = createPolicy([
  { name: asPersonName('approver'), slackUserId: 'U1', unixUser: undefined, roles: ['approve'] },
]);

function identityOf(answer: unknown) {
  const lookUp = async (): Promise<unknown> => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const turnedAway: TurnedAway[] = [];
  const denied = async (turned: TurnedAway): Promise<void> => {
    turnedAway.push(turned);
  };
  const identity = createIdentity({ lookUp, teams: ['T1'], policy: POLICY, denied });
  const asker = (userId: string, teamId: string) =>
    identity.asker({ userId, teamId, wish: 'proposal_approve', subject: 'proposal:1-1' });
  return { asker, turnedAway };
}

describe('who somebody in Slack is', () => {
  it('a full member who is configured is that person', async () => {
    const identity = identityOf({ ok: true, user: { id: 'U1', team_id: 'T1', deleted: false, is_bot: false } });
    expect(await identity.asker('U1', 'T1')).toEqual({ person: 'approver', surface: 'slack' });
  });

  it.each([
    ['a deactivated account', { deleted: true }],
    ['a bot', { is_bot: true }],
    ['a guest', { is_restricted: true }],
    ['a single-channel guest', { is_ultra_restricted: true }],
    ['a stranger of a shared channel', { is_stranger: true }],
    ['a member of another workspace', { team_id: 'T2' }],
  ])('%s may nothing', async (_who, flags) => {
    const identity = identityOf({ ok: true, user: { id: 'U1', team_id: 'T1', ...flags } });
    await expect(identity.asker('U1', 'T1')).rejects.toMatchObject({ code: 'policy/not-permitted' });
  });

  it('a click that comes from another workspace may nothing, whatever Slack says of the member', async () => {
    const identity = identityOf({ ok: true, user: { id: 'U1', team_id: 'T1' } });
    await expect(identity.asker('U1', 'T2')).rejects.toMatchObject({ code: 'policy/not-permitted' });
  });

  it.each([
    [new Error('timeout')],
    [{ ok: false }],
    [undefined],
    [{ ok: true, user: { id: 'U2' } }],
    ['text'],
    [{ user: { id: 'U1', is_bot: 'yes' } }],
  ])('nobody is let through when Slack answers %j', async (answer) => {
    await expect(identityOf(answer).asker('U1', 'T1')).rejects.toMatchObject({ code: 'policy/not-permitted' });
  });

  it.each([
    ['a guest', { user: { id: 'U1', team_id: 'T1', is_restricted: true } }, 'T1', 'policy/not-permitted'],
    ['somebody unknown', { user: { id: 'U9', team_id: 'T1' } }, 'T1', 'policy/not-permitted'],
    ['somebody of another workspace', { user: { id: 'U1', team_id: 'T1' } }, 'T2', 'policy/not-permitted'],
    ['somebody whom Slack does not name', new Error('timeout'), 'T1', 'policy/not-permitted'],
  ])('that %s was not let in is recorded with what they wanted', async (_who, answer, team, code) => {
    const { asker, turnedAway } = identityOf(answer);
    await expect(asker('U1', team)).rejects.toThrow();
    expect(turnedAway).toEqual([
      {
        identity: `slack:U1@${team}`,
        surface: 'slack',
        wish: 'proposal_approve',
        subject: 'proposal:1-1',
        because: expect.objectContaining({ code }),
      },
    ]);
  });

  it('nobody who is let in is recorded as turned away', async () => {
    const { asker, turnedAway } = identityOf({ user: { id: 'U1', team_id: 'T1' } });
    await asker('U1', 'T1');
    expect(turnedAway).toEqual([]);
  });

  it('a full member who is not configured is told what to ask for', async () => {
    const identity = identityOf({ ok: true, user: { id: 'U9', team_id: 'T1' } });
    await expect(identity.asker('U9', 'T1')).rejects.toMatchObject({
      code: 'policy/unknown-person',
      hint: expect.stringContaining('slack: U9'),
    });
  });
});
