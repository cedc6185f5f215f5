import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { asHostName, asPersonName } from '../../src/base/ids.ts';
import type { Proposal } from '../../src/engine/model.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import type { GroupMembers } from '../../src/engine/policy/membership.ts';
import { testPerson, testPlan, testProposal } from '../helpers/change.ts';
import { codeOf, namesOf, testPolicy } from '../helpers/policy.ts';

const [ADA, BOB, DAN, EVE] = ['ada', 'bob', 'dan', 'eve'].map(asPersonName) as [never, never, never, never];

/** A proposal of ada's for these hosts; the plan says runbook `files`, remedy `write-file`, risk `low`. */
function proposalOn(...hosts: string[]): Proposal {
  return testProposal({ plan: testPlan(...hosts) });
}

function subjectOn(...hosts: string[]) {
  return { runbook: 'files', remedy: 'write-file', risk: 'low', hosts: hosts.map(asHostName) } as const;
}

describe('a policy without a file', () => {
  const policy = createPolicy([
    testPerson('ada', 'run', 'approve'),
    testPerson('bob', 'approve'),
    testPerson('cem', 'run', 'approve'),
    testPerson('dan', 'run'),
  ]);
  const of = testProposal();
  const word = { runbook: 'word', hosts: [asHostName('web-1')] };

  test.each([
    ['bob', 'approve', undefined],
    ['bob', 'reject', undefined],
    ['ada', 'approve', 'policy/own-proposal'],
    ['ada', 'reject', undefined],
    ['dan', 'approve', 'policy/not-permitted'],
    ['dan', 'reject', 'policy/not-permitted'],
    ['eve', 'approve', 'policy/unknown-person'],
  ] as const)('lets %s %s: %s', (name, verdict, code) => {
    expect(codeOf(() => policy.requireMayDecide(asPersonName(name), of, verdict, 0))).toBe(code);
  });

  test('lets nobody act who is not configured any more, not even on their own proposal', () => {
    const empty = createPolicy([]);
    expect(codeOf(() => empty.requireMayDecide(ADA, of, 'reject', 0))).toBe('policy/unknown-person');
    expect(codeOf(() => empty.requireMayUndo(ADA, of))).toBe('policy/unknown-person');
    expect(codeOf(() => empty.requireMayRun(ADA, word))).toBe('policy/unknown-person');
    expect(codeOf(() => empty.requireMayBreakGlass(ADA, of))).toBe('policy/unknown-person');
  });

  test('lets the requester and approvers undo, and those with the role run', () => {
    expect(codeOf(() => policy.requireMayUndo(ADA, of))).toBeUndefined();
    expect(codeOf(() => policy.requireMayUndo(DAN, of))).toBe('policy/not-permitted');
    expect(codeOf(() => policy.requireMayRun(BOB, word))).toBe('policy/not-permitted');
    expect(codeOf(() => policy.requireMayRun(DAN, word))).toBeUndefined();
  });

  test('knows one person by Slack and by Unix', () => {
    expect(policy.bySlackUser('U_ada')).toBe(policy.byUnixUser('ada'));
    expect(namesOf(policy.approversBeside(of))).toEqual(['bob', 'cem']);
  });

  test('wants one approval within an hour, has no freeze and lets nobody break glass', () => {
    expect(policy.terms(subjectOn('web-1', 'web-2'))).toEqual({
      approvals: 1,
      expireAfterMs: 3_600_000,
      typed: false,
      unproven: 'keep',
      confirmWithinMs: 120_000,
      batches: [{ hosts: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
      coverage: 0.5,
      approvers: 'approve',
    });
    expect(policy.freezeOf([asHostName('web-1')], 0)).toBeUndefined();
    expect(codeOf(() => policy.requireMayBreakGlass(BOB, of))).toBe('policy/not-permitted');
  });
});

describe('a rule', () => {
  const leads = 'roles: { leads: { people: [bob] } }\n';

  test.each([
    ['its runbook', 'runbooks: files', true],
    ['another runbook', 'runbooks: [other, more]', false],
    ['its remedy', 'remedies: [write-file, other]', true],
    ['another remedy', 'remedies: other', false],
    ['its risk', 'risk: low', true],
    ['one of its risks', 'risk: [low, high]', true],
    ['another risk', 'risk: [medium, high]', false],
    ['its host', 'hosts: web-1', true],
    ['its group', 'hosts: "@web"', true],
    ['another group', 'hosts: ["@db", stage-1]', false],
    ['its environment', 'environments: production', true],
    ['another environment', 'environments: [staging]', false],
    ['its group in another environment', 'hosts: "@web", environments: staging', false],
    ['all at once', 'runbooks: files, remedies: write-file, risk: low, hosts: "@web", environments: production', true],
    ['all but one', 'runbooks: files, remedies: write-file, risk: high, hosts: "@web"', false],
  ])('about %s decides: %s → %s', (_what, match, decides) => {
    const policy = testPolicy(
      `${leads}rules: [{ match: { ${match} }, approve: [leads], approvals: 2, confirm: typed }]`,
    );
    expect(policy.terms(subjectOn('web-1'))).toMatchObject({ approvals: decides ? 2 : 1, typed: decides });
    const dan = codeOf(() => policy.requireMayDecide(DAN, proposalOn('web-1'), 'approve', 0));
    expect(dan).toBe(decides ? 'policy/not-permitted' : undefined);
    expect(namesOf(policy.approversBeside(proposalOn('web-1')))).toEqual(decides ? ['bob'] : ['bob', 'cem', 'dan']);
  });

  test('without a match is about everything', () => {
    expect(testPolicy('rules: [{ approvals: 3 }]').terms(subjectOn('db-1')).approvals).toBe(3);
  });

  test('decides alone where it is the first that matches', () => {
    const policy = testPolicy('rules: [{ match: { hosts: web-1 }, approvals: 2 }, { confirm: typed, approvals: 3 }]');
    expect(policy.terms(subjectOn('web-1'))).toMatchObject({ approvals: 2, typed: false });
    expect(policy.terms(subjectOn('web-2'))).toMatchObject({ approvals: 3, typed: true });
  });

  test.each([
    ['approvals: 2', 'the policy wants 2 approvals by now, and it was made for 1'],
    ['confirm: typed', 'the policy wants its name typed by now'],
    ['rollout: { unproven: undo }', 'the policy wants what does not help taken back by now'],
  ])('that became stricter (%s) ends approval of what was proposed before it, but not its end', (term, words) => {
    const policy = testPolicy(`rules: [{ ${term} }]`);
    const old = proposalOn('web-1');
    const approve = () => policy.requireMayDecide(BOB, old, 'approve', 0);
    expect(codeOf(approve)).toBe('policy/outdated-proposal');
    expect(approve).toThrow(words);
    expect(codeOf(() => policy.requireMayDecide(BOB, old, 'reject', 0))).toBeUndefined();
    expect(codeOf(() => policy.requireMayUndo(BOB, old))).toBeUndefined();
    expect(namesOf(policy.approversBeside(old))).toContain('bob');
  });

  test('that became laxer leaves what was proposed before it as strict as it was', () => {
    const strict = { ...proposalOn('web-1'), neededApprovals: 2 };
    expect(testPolicy('rules: [{ approvals: 1 }]').stricterNow(strict)).toBeUndefined();
  });

  test('of one host makes the whole change strict', () => {
    const policy = testPolicy(`
roles: { web: { people: [ada, bob, cem] }, dba: { people: [cem, dan] } }
rules:
  - match: { hosts: "@web" }
    approve: [web]
    expire_after: 10m
    rollout: { batches: [100%], unproven: undo, coverage: 90% }
  - match: { hosts: "@db" }
    approve: [dba]
    approvals: 2
    confirm: typed
    rollout: { batches: [1, 100%], confirm_within: 30s }
`);
    expect(policy.terms(subjectOn('web-1', 'web-2', 'db-1'))).toEqual({
      approvals: 2,
      expireAfterMs: 600_000,
      typed: true,
      unproven: 'undo',
      confirmWithinMs: 30_000,
      batches: [{ hosts: 1 }, { percent: 100 }],
      coverage: 0.9,
      approvers: 'web; and of them, dba',
    });
    const both = proposalOn('web-1', 'db-1');
    expect(namesOf(policy.approversBeside(both))).toEqual(['cem']);
    expect(codeOf(() => policy.requireMayDecide(BOB, both, 'approve', 0))).toBe('policy/not-permitted');
    expect(codeOf(() => policy.requireMayDecide(BOB, proposalOn('web-1'), 'reject', 0))).toBeUndefined();
  });

  test('about running asks for its role on every host; rules about risk or remedies do not matter to it', () => {
    const policy = testPolicy(`
roles: { dba: { people: [eve] } }
rules:
  - { match: { risk: low }, approvals: 2 }
  - { match: { hosts: "@db" }, run: [dba] }
`);
    const run = (...hosts: string[]) => ({ runbook: 'files', hosts: hosts.map(asHostName) });
    expect(codeOf(() => policy.requireMayRun(ADA, run('web-1')))).toBeUndefined();
    expect(codeOf(() => policy.requireMayRun(ADA, run('web-1', 'db-1')))).toBe('policy/not-permitted');
    expect(codeOf(() => policy.requireMayRun(EVE, run('db-1')))).toBeUndefined();
    expect(codeOf(() => policy.requireMayRun(EVE, run('web-1', 'db-1')))).toBe('policy/not-permitted');
  });

  test('that allows nobody is obeyed', () => {
    const policy = testPolicy('rules: [{ approve: [] }]');
    expect(policy.approversBeside(proposalOn('web-1'))).toEqual([]);
    expect(() => policy.requireMayDecide(BOB, proposalOn('web-1'), 'approve', 0)).toThrow(
      expect.objectContaining({ hint: 'The policy allows it to nobody.' }),
    );
  });

  test('cannot be escaped by a host that left the inventory', () => {
    const policy = testPolicy('rules: [{ match: { hosts: "@db" }, approve: [] }]');
    const gone = proposalOn('web-1', 'gone-1');
    expect(policy.approversBeside(gone)).toEqual([]);
    expect(() => policy.requireMayDecide(BOB, gone, 'approve', 0)).toThrow(
      expect.objectContaining({ hint: 'gone-1 is not in the inventory any more.' }),
    );
  });
});

describe('a role', () => {
  const yaml = `
roles:
  sre: { slack_groups: [S1], unix_groups: [sre] }
  approve: { people: [eve] }
rules: [{ approve: [sre], run: [sre] }]
`;
  const now = 10_000_000;
  const clock = { ...systemClock, now: () => now };
  const memberships = (known: GroupMembers | undefined) => ({ of: () => known, refresh: async () => {} });
  const withGroup = (known: GroupMembers | undefined) => testPolicy(yaml, { clock, memberships: memberships(known) });

  test('is held by the members of a Slack group that was read a moment ago', () => {
    const policy = withGroup({ members: new Set(['U_bob', 'U_stranger']), at: now - 15 * 60_000 });
    expect(namesOf(policy.approversBeside(proposalOn('web-1')))).toEqual(['bob']);
    expect(policy.slackGroups).toEqual(['S1']);
  });

  test.each([
    ['was read too long ago', { members: new Set(['U_bob']), at: now - 15 * 60_000 - 1 }, /was last read 15 min ago/],
    ['is not known', undefined, /has not said yet who is in the group S1/],
  ])('is held by nobody while its Slack group %s, and the denial says why', (_what, known, hint) => {
    const policy = withGroup(known);
    expect(policy.approversBeside(proposalOn('web-1'))).toEqual([]);
    expect(() => policy.requireMayDecide(BOB, proposalOn('web-1'), 'approve', now)).toThrow(
      expect.objectContaining({ code: 'policy/not-permitted', hint: expect.stringMatching(hint) }),
    );
    expect(codeOf(() => policy.requireMayRun(BOB, { runbook: 'files', hosts: [asHostName('web-1')] }))).toBe(
      'policy/not-permitted',
    );
  });

  test('is held by the members of a Unix group; a user whom the system does not know is in none', () => {
    const unixGroupsOf = (user: string) => (user === 'dan' ? new Set(['users', 'sre']) : undefined);
    const policy = testPolicy(yaml, { unixGroupsOf });
    expect(namesOf(policy.approversBeside(proposalOn('web-1')))).toEqual(['dan']);
  });

  test('of the policy adds people to a built-in one of the same name', () => {
    const policy = testPolicy('roles: { approve: { people: [eve] } }');
    expect(namesOf(policy.approversBeside(proposalOn('web-1')))).toEqual(['bob', 'cem', 'dan', 'eve']);
  });

  test('never makes the requester an approver', () => {
    const policy = testPolicy('roles: { leads: { people: [ada] } }\nrules: [{ approve: [leads] }]');
    expect(policy.approversBeside(proposalOn('web-1'))).toEqual([]);
    expect(codeOf(() => policy.requireMayDecide(ADA, proposalOn('web-1'), 'approve', 0))).toBe('policy/own-proposal');
  });
});

describe('a freeze', () => {
  const yaml = `
freezes:
  - { name: end of year, environments: production, time_zone: Europe/Berlin, from: 2026-12-23T18:00, until: 2027-01-02T08:00 }
break_glass: { allow: [leads], channel: C0ALERTS }
roles: { leads: { people: [cem] } }
`;
  const christmas = Date.parse('2026-12-24T12:00:00Z');

  test('in force keeps proposals from being approved, but not from being rejected or undone', () => {
    const policy = testPolicy(yaml);
    const frozen = proposalOn('stage-1', 'web-1');
    expect(() => policy.requireMayDecide(BOB, frozen, 'approve', christmas)).toThrow(
      expect.objectContaining({
        code: 'policy/frozen',
        message: '1-1 cannot be approved: the freeze "end of year" is in force until 2027-01-02 08:00 (Europe/Berlin)',
        hint: 'Wait for its end; in an emergency, break-glass is for leads: break-glass 1-1 and the reason.',
      }),
    );
    expect(codeOf(() => policy.requireMayDecide(BOB, frozen, 'reject', christmas))).toBeUndefined();
    expect(policy.mayUndo(BOB, frozen)).toBe(true);
  });

  test('is about its hosts and its time only', () => {
    const policy = testPolicy(yaml);
    expect(codeOf(() => policy.requireMayDecide(BOB, proposalOn('stage-1'), 'approve', christmas))).toBeUndefined();
    const after = Date.parse('2027-01-02T07:00:00Z');
    expect(codeOf(() => policy.requireMayDecide(BOB, proposalOn('web-1'), 'approve', after))).toBeUndefined();
    expect(codeOf(() => policy.requireMayDecide(BOB, proposalOn('web-1'), 'approve', after - 1))).toBe('policy/frozen');
  });

  test('is left out by those who may break glass, and by nobody else', () => {
    const policy = testPolicy(yaml);
    expect(codeOf(() => policy.requireMayBreakGlass(asPersonName('cem'), proposalOn('web-1')))).toBeUndefined();
    expect(() => policy.requireMayBreakGlass(BOB, proposalOn('web-1'))).toThrow(
      expect.objectContaining({ message: 'bob may not break glass for 1-1', hint: 'The role "leads" is needed.' }),
    );
    expect(policy.breakGlassChannel).toBe('C0ALERTS');
  });
});
