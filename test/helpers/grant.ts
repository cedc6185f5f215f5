import { asProposalId, type HostName } from '../../src/base/ids.ts';
import type { ApprovalGrant } from '../../src/engine/grant.ts';

/** A grant that nobody minted, for tests of what grants are shown to. */
export function testGrant(hosts: readonly HostName[], expiresAt: number): ApprovalGrant {
  const fields = { proposal: asProposalId('1-1'), digest: 'sha256:test', hosts: new Set(hosts), expiresAt };
  return fields as unknown as ApprovalGrant;
}
