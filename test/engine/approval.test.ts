import { describe, expect, test } from 'vitest';
import { asPersonName, asProposalId } from '../../src/base/ids.ts';
import { mintGrant, mintSettlingGrant, mintUndoGrant } from '../../src/engine/approval.ts';
import type { BrokenGlass } from '../../src/engine/broken-glass.ts';
import type { Approval, Proposal } from '../../src/engine/model.ts';
import { DEFAULT_RULES, DEFAULT_TERMS } from '../../src/engine/policy/terms.ts';
import { createPolicy, type Policy } from '../../src/engine/policy.ts';
import { RUNBOOK_VERSION, testApproval, testPerson, testPlan, testProposal } from '../helpers/change.ts';

const policy = createPolicy([
  testPerson('ada', 'run', 'approve'),
  testPerson('bob', 'approve'),
  testPerson('cem', 'run', 'approve'),
  testPerson('dan', 'run'),
]);

function mint(
  proposal: Proposal,
  approvals: readonly Approval[],
  by: Policy = policy,
  more: Partial<Parameters<typeof mintGrant>[0]> = {},
) {
  return mintGrant({ proposal, approvals, runbookVersion: RUNBOOK_VERSION, brokenGlass: undefined, ...more }, by);
}

/** A policy in which ada, who asks for the test proposals, may break glass; and glass that she broke. */
function glass() {
  const roles = new Map([
    ['leads', { people: new Set([asPersonName('ada')]), slackGroups: [], unixGroups: [] }],
  ] as const);
  const breakGlass = { allow: ['leads'], channel: 'C1' };
  const byLead = createPolicy([testPerson('ada', 'run'), testPerson('bob', 'approve')], {
    rules: { ...DEFAULT_RULES, roles, breakGlass },
  });
  const glassOf = ({ id, digest, createdAt }: Proposal, changes: Partial<BrokenGlass> = {}): BrokenGlass => ({
    proposal: id,
    digest,
    person: asPersonName('ada'),
    reason: 'everything is down',
    surface: 'cli',
    at: createdAt + 1,
    review: null,
    ...changes,
  });
  return { byLead, glassOf };
}

describe('a grant', () => {
  test('covers exactly the planned hosts, for this digest, until the proposal expires', () => {
    const proposal = testProposal({ plan: testPlan('web-1', 'web-3') });
    const grant = mint(proposal, [testApproval(proposal, 'bob')]);
    expect(grant).toEqual({
      proposal: proposal.id,
      digest: proposal.digest,
      hosts: new Set(['web-1', 'web-3']),
      expiresAt: proposal.expiresAt,
    });
  });

  test.each<[string, (proposal: Proposal) => Approval[]]>([
    ['nobody approved', () => []],
    ['the requester alone approved, whatever their roles', (proposal) => [testApproval(proposal, 'ada')]],
    ['somebody without the role approved', (proposal) => [testApproval(proposal, 'dan')]],
    ['somebody unknown approved', (proposal) => [testApproval(proposal, 'eve')]],
    ['another digest was approved', (proposal) => [testApproval(proposal, 'bob', { digest: 'other' })]],
    [
      'it was approved at the instant of expiry',
      (proposal) => [testApproval(proposal, 'bob', { at: proposal.expiresAt })],
    ],
    [
      'somebody rejected beside the approval',
      (proposal) => [testApproval(proposal, 'bob'), testApproval(proposal, 'cem', { verdict: 'reject' })],
    ],
  ])('is not given when %s', (_what, approvals) => {
    const proposal = testProposal();
    expect(mint(proposal, approvals(proposal))).toBeUndefined();
  });

  test('is not given any more when the policy wants more than it was approved under, but for glass that was broken', () => {
    const proposal = testProposal();
    const { byLead, glassOf } = glass();
    const rules = { ...DEFAULT_RULES, otherwise: { ...DEFAULT_TERMS, approvals: 2 } };
    const stricter = createPolicy(policy.people, { rules });
    const both = [testApproval(proposal, 'bob'), testApproval(proposal, 'cem')];
    expect([mint(proposal, both), mint(proposal, both, stricter)]).toEqual([expect.anything(), undefined]);
    const strictLead: Policy = { ...byLead, stricterNow: stricter.stricterNow };
    expect(mint(proposal, [], strictLead, { brokenGlass: glassOf(proposal) })).toBeDefined();
  });

  test('is not given any more when the approver lost the role', () => {
    const proposal = testProposal();
    const approvals = [testApproval(proposal, 'bob')];
    expect(mint(proposal, approvals)).toBeDefined();
    expect(mint(proposal, approvals, createPolicy([testPerson('bob', 'run')]))).toBeUndefined();
  });

  test('counts people, not approvals, when several are needed', () => {
    const proposal = testProposal({ neededApprovals: 2 });
    const bob = testApproval(proposal, 'bob');
    expect(mint(proposal, [bob, { ...bob, surface: 'slack', at: bob.at + 1 }])).toBeUndefined();
    expect(mint(proposal, [bob, testApproval(proposal, 'ada')])).toBeUndefined();
    expect(mint(proposal, [bob, testApproval(proposal, 'cem')])).toBeDefined();
  });

  test('is not given for a stored plan that is not what its digest says', () => {
    const proposal = testProposal();
    const approvals = [testApproval(proposal, 'bob')];
    expect(mint({ ...proposal, plan: testPlan('web-1', 'db-1') }, approvals)).toBeUndefined();
    expect(mint(proposal, approvals, policy, { runbookVersion: 'another' })).toBeUndefined();
  });

  test('is given for broken glass instead of all approvals, even to the requester', () => {
    const { byLead, glassOf } = glass();
    const proposal = testProposal({ neededApprovals: 2 });
    expect(mint(proposal, [], byLead, { brokenGlass: glassOf(proposal) })).toMatchObject({ digest: proposal.digest });
  });

  test.each<[string, (proposal: Proposal) => Partial<BrokenGlass>, Approval['verdict'] | undefined]>([
    ['another digest', () => ({ digest: 'other' }), undefined],
    ['another proposal', () => ({ proposal: asProposalId('2-1') }), undefined],
    ['the time after it expired', ({ expiresAt }) => ({ at: expiresAt }), undefined],
    ['somebody who may not break it any more', () => ({ person: asPersonName('bob') }), undefined],
    ['a proposal that somebody rejected', () => ({}), 'reject'],
  ])('is not given for glass that was broken for %s', (_what, changes, verdict) => {
    const { byLead, glassOf } = glass();
    const proposal = testProposal();
    const approvals = verdict ? [testApproval(proposal, 'bob', { verdict })] : [];
    expect(mint(proposal, approvals, byLead, { brokenGlass: glassOf(proposal, changes(proposal)) })).toBeUndefined();
  });

  test('is not given for broken glass when the policy has none', () => {
    const proposal = testProposal();
    expect(mint(proposal, [], policy, { brokenGlass: glass().glassOf(proposal) })).toBeUndefined();
  });

  test('for ending what was begun outlives the roles of those who approved, and the proposal, but needs the approvals', () => {
    const proposal = testProposal({ neededApprovals: 2 });
    const by = (...names: string[]) => names.map((name) => testApproval(proposal, name));
    const settle = (approvals: readonly Approval[], more = {}) =>
      mintSettlingGrant({ proposal, approvals, runbookVersion: RUNBOOK_VERSION, brokenGlass: undefined, ...more });
    expect(settle(by('gone', 'left'))).toMatchObject({ expiresAt: proposal.expiresAt + 3_600_000 });
    expect(settle(by('gone', 'ada'))).toBeUndefined();
    expect(settle([...by('gone', 'left'), testApproval(proposal, 'cem', { verdict: 'reject' })])).toBeUndefined();
    expect(settle(by('gone', 'left'), { runbookVersion: 'another' })).toBeUndefined();
    expect(settle([], { brokenGlass: glass().glassOf(proposal) })).toBeDefined();
  });

  test('for an undo is given to the requester and to approvers while they are configured', () => {
    const proposal = testProposal();
    const request = (person: string) =>
      ({ proposal: proposal.id, person: asPersonName(person), reason: null, surface: 'cli', at: 50 }) as const;
    expect(mintUndoGrant(proposal, request('ada'), policy)).toMatchObject({
      expiresAt: 3_600_050,
      hosts: new Set(['web-1']),
    });
    expect(mintUndoGrant(proposal, request('bob'), policy)).toBeDefined();
    expect(mintUndoGrant(proposal, request('dan'), policy)).toBeUndefined();
    expect(mintUndoGrant(proposal, request('ada'), createPolicy([]))).toBeUndefined();
  });
});
