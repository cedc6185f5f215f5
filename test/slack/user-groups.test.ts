import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createUserGroups } from '../../src/slack/user-groups.ts';
import { setSlackScene } from '../helpers/slack-scene.ts';

const PROPOSAL = /^Proposal 1-1:/;
const POLICY = 'roles: { sre: { slack_groups: [S0SRE] } }\nrules: [{ approve: [sre] }]';
const group = (...members: string[]) => ({
  sandbox: { userGroups: [{ id: 'S0SRE', handle: 'sre', name: 'SRE', members }] },
});

describe('a role that rests on a Slack user group', () => {
  it('lets its members approve, and nobody else', async () => {
    const { as, click, lastTold, message } = await setSlackScene({ policy: POLICY, ...group('U0APPROVER2') });
    await as('U0REQUESTER', '/runbook run word on web-1');
    const text = JSON.stringify((await message(PROPOSAL)).blocks);
    expect(text).toMatch(/May approve: (?:cem|nobody: no other person has the role for it) \(sre\)[.,]/);
    await click('U0APPROVER', PROPOSAL, 'proposal_approve');
    await lastTold('U0APPROVER').toMatch(/bob may not approve 1-1\nThe role "sre" is needed\./);
    await click('U0APPROVER2', PROPOSAL, 'proposal_approve');
    await message(/^Proposal 1-1:.*\n.*Approved by cem[\s\S]*proven on web-1/);
  });

  it('lets nobody approve while Slack does not know the group, and says why', async () => {
    const { as, click, lastTold, audit } = await setSlackScene({ policy: POLICY, sandbox: { userGroups: [] } });
    await as('U0REQUESTER', '/runbook run word on web-1');
    await click('U0APPROVER', PROPOSAL, 'proposal_approve');
    await lastTold('U0APPROVER').toMatch(/Slack has not said yet who is in the group S0SRE/);
    expect(await audit('proposal:1-1')).toContainEqual(['decision.denied', 'bob', 'policy/not-permitted']);
  });
});

describe('the user groups', () => {
  function reading(answers: (calls: number) => unknown) {
    let [now, monotonic, calls] = [1_000_000, 0, 0];
    const clock = { ...systemClock, now: () => now, monotonicMs: () => monotonic };
    const saved: [string, readonly string[], number][] = [];
    const groups = createUserGroups({
      groups: ['S1'],
      store: {
        all: async () => saved.slice(-1).map(([name, members, at]) => ({ group: name, members: new Set(members), at })),
        save: async (...row) => {
          saved.push(row);
        },
      },
      ask: async () => {
        calls += 1;
        const answer = answers(calls);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      clock,
      logger: silentLogger,
    });
    const ahead = (ms: number): void => {
      now += ms;
      monotonic += ms;
    };
    return { groups, saved, ahead, calls: () => calls };
  }

  it('are read when nothing is known, and not again for a member within five minutes', async () => {
    const { groups, saved, ahead, calls } = reading(() => ({ ok: true, users: ['U1'] }));
    await groups.freshen('U1');
    expect(saved).toEqual([['S1', ['U1'], 1_000_000]]);
    ahead(5 * 60_000);
    await groups.freshen('U1');
    expect(calls()).toBe(1);
    ahead(1);
    await groups.freshen('U1');
    expect(calls()).toBe(2);
  });

  it('are read again for somebody who was not in them a minute ago, at most once a minute', async () => {
    const { groups, ahead, calls } = reading((call) => ({ ok: true, users: call > 1 ? ['U1', 'U2'] : ['U1'] }));
    await groups.freshen('U1');
    await groups.freshen('U2');
    ahead(59_000);
    await groups.freshen('U2');
    expect(calls()).toBe(1);
    ahead(2000);
    await groups.freshen('U2');
    expect(calls()).toBe(2);
  });

  it.each([[new Error('ratelimited')], [{ ok: false, error: 'no_such_subteam' }], [{ ok: true }], ['text']])(
    'store nothing when Slack answers %j, and nobody waits for a second try',
    async (answer) => {
      const { groups, saved, calls } = reading(() => answer);
      await groups.freshen('U1');
      await groups.freshen('U1');
      expect([saved, calls()]).toEqual([[], 1]);
    },
  );

  it('that are read by several clicks at once are asked for once', async () => {
    const { groups, calls } = reading(() => ({ ok: true, users: [] }));
    await Promise.all([1, 2, 3].map((each) => groups.freshen(`U${each}`)));
    expect(calls()).toBe(1);
  });
});
