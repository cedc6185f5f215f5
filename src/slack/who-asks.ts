import type { Asker } from '../engine/asker.ts';
import type { Claim, Identity } from './identity.ts';
import type { UserGroups } from './user-groups.ts';

/** What tells who somebody is and what their roles rest on. */
export interface WhoAsksDeps {
  readonly identity: Identity;
  readonly userGroups: UserGroups;
}

/** The person behind a delivery, with what their roles rest on as fresh as Slack gives it. Throws what `Identity.asker` does. */
export async function whoAsks({ identity, userGroups }: WhoAsksDeps, claim: Claim): Promise<Asker> {
  const [asker] = await Promise.all([identity.asker(claim), userGroups.freshen(claim.userId)]);
  return asker;
}
