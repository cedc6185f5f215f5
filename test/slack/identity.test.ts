import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { asPersonName } from '../../src/base/ids.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import type { TurnedAway } from '../../src/engine/refusals.ts';
import { createChannels } from '../../src/slack/channels.ts';
import { createIdentity } from '../../src/slack/identity.ts';

const POLICY = createPolicy([
  { name: asPersonName('approver'), slackUserId: 'U1', unixUser: undefined, roles: ['approve'] },
]);

/** An identity over what Slack answers about a member, and about the channel C1. */
function identityOf(answer: unknown, channel: unknown = { channel: { id: 'C1', is_ext_shared: false } }) {
  const channels = createChannels({ lookUp: async () => channel, clock: systemClock });
  const lookUp = async (): Promise<unknown> => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const turnedAway: TurnedAway[] = [];
  const denied = async (turned: TurnedAway): Promise<void> => {
    turnedAway.push(turned);
  };
  const identity = createIdentity({ lookUp, teams: ['T1'], channels, policy: POLICY, denied });
  const asker = (userId: string, teamId: string, wish = 'proposal_approve') =>
    identity.asker({ userId, teamId, wish, subject: 'proposal:1-1', channel: 'C1' });
  return { asker, reader: identity.reader, turnedAway };
}

describe('who somebody in Slack is', () => {
  it('a full member who is configured is that person', async () => {
    const identity = identityOf({ ok: true, user: { id: 'U1', team_id: 'T1', deleted: false, is_bot: false } });
    expect(await identity.asker('U1', 'T1')).toEqual({ person: 'approver', surface: 'slack' });
  });

  it.each([
    ['a deactivated account', { deleted: true }, /deactivated/],
    ['a bot', { is_bot: true }, /^Bots/],
    ['a workflow', { is_workflow_bot: true }, /^Bots and workflows/],
    ['a guest', { is_restricted: true }, /^Guests may not do this\.$/],
    ['a single-channel guest', { is_restricted: true, is_ultra_restricted: true }, /You are a guest in one channel/],
    ['a stranger of a shared channel', { is_stranger: true, team_id: 'T2' }, /another organisation/],
    ['a member of another workspace', { team_id: 'T2' }, /another workspace/],
    ['a member of other workspaces of the organisation', { team_id: 'T2', enterprise_user: { teams: ['T3'] } }, /work/],
  ])('%s may nothing, and is told which they are', async (_who, flags, said) => {
    const identity = identityOf({ ok: true, user: { id: 'U1', team_id: 'T1', ...flags } });
    await expect(identity.asker('U1', 'T1')).rejects.toMatchObject({
      code: 'policy/not-permitted',
      message: expect.stringMatching(said),
    });
  });

  it('a member of this workspace whose home is another one of the organisation is let in', async () => {
    const identity = identityOf({ user: { id: 'U1', team_id: 'T2', enterprise_user: { teams: ['T2', 'T1'] } } });
    expect(await identity.asker('U1', 'T1')).toMatchObject({ person: 'approver' });
  });

  it('who is only shown something is judged the same way, and nothing is recorded', async () => {
    const { reader, turnedAway } = identityOf({ user: { id: 'U1', team_id: 'T1', is_restricted: true } });
    await expect(reader({ userId: 'U1', teamId: 'T1' })).rejects.toThrow(/Guests/);
    expect(turnedAway).toEqual([]);
    expect(await identityOf({ user: { id: 'U1', team_id: 'T1' } }).reader({ userId: 'U1' })).toMatchObject({
      person: 'approver',
    });
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

  const member = { ok: true, user: { id: 'U1', team_id: 'T1' } };

  it.each([
    'proposal_approve',
    'proposal_confirm',
    'proposal_undo',
    'run_again',
    '/runbook run',
    '/runbook break-glass',
  ])('%s is refused where another organisation looks on, and recorded', async (wish) => {
    const { asker, turnedAway } = identityOf(member, { channel: { id: 'C1', is_ext_shared: true } });
    await expect(asker('U1', 'T1', wish)).rejects.toMatchObject({
      code: 'policy/not-permitted',
      message: expect.stringContaining('shared with another organisation'),
    });
    expect(turnedAway).toHaveLength(1);
  });

  it.each([
    '/runbook status',
    '/runbook',
    '/runbook HELP',
    'proposal_reject',
    'proposal_evidence',
    'run_raw',
    'run_cancel',
  ])('%s is answered there all the same: it shows others nothing', async (wish) => {
    const { asker } = identityOf(member, { channel: { id: 'C1', is_ext_shared: true } });
    expect(await asker('U1', 'T1', wish)).toMatchObject({ person: 'approver' });
  });
});
