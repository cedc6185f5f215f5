import type { Clock } from '../base/clock.ts';
import type { Proposal } from '../engine/model.ts';
import type { FreezeInForce } from '../engine/policy/freeze.ts';
import { DEFAULT_TERMS, roleWords } from '../engine/policy/terms.ts';
import type { Policy } from '../engine/policy.ts';

/** Who may decide a proposal now, and what keeps it from being decided. */
export interface ProposalTerms {
  /** Names of the people who may approve it. */
  readonly approvers: readonly string[];
  /** The roles that it takes, where the policy says more than the usual. */
  readonly roles?: string | undefined;
  /** The freeze that keeps it from being approved now. */
  readonly freeze?: FreezeInForce | undefined;
  /** What the policy wants by now that it was not made for, as a clause: it cannot be approved any more. */
  readonly stricter?: string | undefined;
}

const DEFAULT_ROLES = roleWords(DEFAULT_TERMS.approve);

/** The terms of a proposal as the policy has them now. */
export async function proposalTerms(
  { policy, clock }: { readonly policy: Policy; readonly clock: Clock },
  proposal: Proposal,
): Promise<ProposalTerms> {
  await policy.refresh();
  const { runbook, remedy, risk } = proposal.plan;
  const hosts = proposal.plan.hosts.map(({ host }) => host);
  const { approvers: roles } = policy.terms({ runbook, remedy, risk, hosts });
  return {
    approvers: policy.approversBeside(proposal).map(({ name }) => name),
    roles: roles === DEFAULT_ROLES ? undefined : roles,
    freeze: policy.freezeOf(hosts, clock.now()),
    stricter: policy.stricterNow(proposal),
  };
}
