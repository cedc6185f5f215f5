import { asAttemptId, asHostName, asPersonName, asProposalId, asRunId, type HostName } from '../../src/base/ids.ts';
import { proposalDigest } from '../../src/engine/approval.ts';
import type { Approval, Attempt, ChangePlan, Proposal } from '../../src/engine/model.ts';
import type { Person, Role } from '../../src/engine/ports.ts';

/** The version of the runbook that test proposals come from. */
export const RUNBOOK_VERSION = 'v1';

/** A plan that writes one file on each of these hosts. */
export function testPlan(...hosts: readonly string[]): ChangePlan {
  return {
    runbook: 'files',
    remedy: 'write-file',
    title: 'write a file',
    risk: 'low',
    hosts: hosts.map((host) => ({
      host: asHostName(host),
      actions: [{ kind: 'file', path: '/etc/app.conf', before: null, after: 'a = 1\n' }],
      basis: { content: null },
      predicted: ['It is there.'],
      risks: [],
      proof: ['It reads back.'],
    })),
    rollout: {
      batches: hosts.map((host) => [asHostName(host)]),
      confirmWithinSeconds: 120,
      unproven: 'keep',
      slowProof: false,
    },
    typed: [],
    left: [],
  };
}

/** An open proposal of ada's run for web-1, with the digest that belongs to it. */
export function testProposal(changes: Partial<Proposal> = {}): Proposal {
  const id = changes.id ?? asProposalId('1-1');
  const plan = changes.plan ?? testPlan('web-1');
  return {
    id,
    runId: asRunId(1),
    number: 1,
    plan,
    digest: proposalDigest(id, plan, RUNBOOK_VERSION),
    requester: asPersonName('ada'),
    neededApprovals: 1,
    state: 'open',
    detail: null,
    createdAt: 1000,
    expiresAt: 10_000,
    ...changes,
  };
}

/** The attempts of a proposal, none begun. */
export function testAttempts(proposal: Proposal): Attempt[] {
  return proposal.plan.hosts.map(({ host }) => ({
    id: asAttemptId(`${proposal.id}-${host}-0123456789ab`),
    proposal: proposal.id,
    host,
    state: 'pending',
    detail: null,
    before: null,
    statements: [],
    updatedAt: proposal.createdAt,
    appliedAt: null,
  }));
}

/** A person's yes to a proposal as it is. */
export function testApproval(proposal: Proposal, person: string, changes: Partial<Approval> = {}): Approval {
  return {
    proposal: proposal.id,
    digest: proposal.digest,
    person: asPersonName(person),
    verdict: 'approve',
    reason: null,
    surface: 'cli',
    at: proposal.createdAt + 1,
    ...changes,
  };
}

/** A person with these roles. */
export function testPerson(name: string, ...roles: readonly Role[]): Person {
  return { name: asPersonName(name), slackUserId: `U_${name}`, unixUser: name, roles };
}

/** The hosts web-1, web-2 and so on. */
export function hostsOf(count: number): HostName[] {
  return Array.from({ length: count }, (_, index) => asHostName(`web-${index + 1}`));
}
