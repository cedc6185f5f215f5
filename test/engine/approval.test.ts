import { describe, expect, test } from 'vitest';
import { asPersonName } from '../../src/base/ids.ts';
import { mintGrant, mintUndoGrant } from '../../src/engine/approval.ts';
import type { Approval, Proposal } from '../../src/engine/model.ts';
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
  runbookVersion = RUNBOOK_VERSION,
) {
  return mintGrant({ proposal, approvals, runbookVersion }, by);
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
    expect(mint(proposal, approvals, policy, 'another runbook version')).toBeUndefined();
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

describe('the policy', () => {
  const of = testProposal();
  const codeOf = (work: () => void): string | undefined => {
    try {
      work();
      return undefined;
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'bug';
    }
  };

  test.each([
    ['bob', 'approve', undefined],
    ['bob', 'reject', undefined],
    ['ada', 'approve', 'policy/own-proposal'],
    ['ada', 'reject', undefined],
    ['dan', 'approve', 'policy/not-permitted'],
    ['dan', 'reject', 'policy/not-permitted'],
    ['eve', 'approve', 'policy/unknown-person'],
  ] as const)('lets %s %s: %s', (name, verdict, code) => {
    expect(codeOf(() => policy.requireMayDecide(asPersonName(name), of, verdict))).toBe(code);
  });

  test('lets nobody act who is not configured any more, not even on their own proposal', () => {
    const empty = createPolicy([]);
    const ada = asPersonName('ada');
    expect(codeOf(() => empty.requireMayDecide(ada, of, 'reject'))).toBe('policy/unknown-person');
    expect(codeOf(() => empty.requireMayUndo(ada, of))).toBe('policy/unknown-person');
    expect(codeOf(() => empty.requireMayRun(ada))).toBe('policy/unknown-person');
  });

  test('lets the requester and approvers undo, and those with the role run', () => {
    expect(codeOf(() => policy.requireMayUndo(asPersonName('ada'), of))).toBeUndefined();
    expect(codeOf(() => policy.requireMayUndo(asPersonName('dan'), of))).toBe('policy/not-permitted');
    expect(codeOf(() => policy.requireMayRun(asPersonName('bob')))).toBe('policy/not-permitted');
  });

  test('knows one person by Slack and by Unix', () => {
    expect(policy.bySlackUser('U_ada')).toBe(policy.byUnixUser('ada'));
    expect(policy.approversBeside(asPersonName('ada')).map(({ name }) => name)).toEqual(['bob', 'cem']);
  });
});
