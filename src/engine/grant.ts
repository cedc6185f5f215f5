import type { HostName, ProposalId } from '../base/ids.ts';

declare const minted: unique symbol;

/** Proof that stored approvals allow one proposal's change on these hosts until `expiresAt`. Minted only by `engine/approval.ts`. */
export interface ApprovalGrant {
  readonly [minted]: true;
  readonly proposal: ProposalId;
  readonly digest: string;
  readonly hosts: ReadonlySet<HostName>;
  /** ms since the epoch; nothing new is started later. */
  readonly expiresAt: number;
}
