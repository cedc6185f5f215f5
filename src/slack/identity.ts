import { z } from 'zod';
import { OperatorError } from '../base/error.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';

/** users.info, as far as it decides who somebody is. */
const UserInfo = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
  }),
});

/** Asks Slack who a member is; the answer is not trusted until parsed. */
export type LookUpUser = (userId: string) => Promise<unknown>;

/** A Slack identity that a delivery shows, and what it wants, for the record if it is not let in. */
export interface Claim {
  readonly userId: string;
  readonly teamId: string;
  /** The button or the command. */
  readonly wish: string;
  /** `proposal:41-1`, `run:41` or `command:run`. */
  readonly subject: string;
}

/** Finds the person behind a Slack identity, at every request anew, and refuses whoever is not certainly a full member. */
export interface Identity {
  /** Throws policy/not-permitted or policy/unknown-person, and records it; also when Slack cannot be asked. */
  asker(claim: Claim): Promise<Asker>;
}

/** Identities of these workspaces, mapped by the policy's people. */
export function createIdentity(deps: {
  readonly lookUp: LookUpUser;
  readonly teams: readonly string[];
  readonly policy: Policy;
  /** Records whoever is not let in. */
  readonly denied: Engine['denied'];
}): Identity {
  return {
    asker: async (claim) => {
      try {
        return await personBehind(deps, claim);
      } catch (because) {
        const { userId, teamId, wish, subject } = claim;
        const identity = `slack:${userId}@${teamId}`;
        if (because instanceof OperatorError) await deps.denied({ identity, surface: 'slack', subject, wish, because });
        throw because;
      }
    },
  };
}

async function personBehind(
  deps: { readonly lookUp: LookUpUser; readonly teams: readonly string[]; readonly policy: Policy },
  { userId, teamId }: Claim,
): Promise<Asker> {
  if (!deps.teams.includes(teamId)) throw refused('You belong to another workspace.');
  await requireFullMember(deps, userId);
  const person = deps.policy.bySlackUser(userId);
  if (person) return { person: person.name, surface: 'slack' };
  throw new OperatorError('policy/unknown-person', {
    message: `the Slack member ${userId} is not among the configured people`,
    hint: `Ask for "slack: ${userId}" to be added to a person under "people:" in the configuration.`,
  });
}

async function requireFullMember(
  { lookUp, teams }: { readonly lookUp: LookUpUser; readonly teams: readonly string[] },
  userId: string,
): Promise<void> {
  const answer = await lookUp(userId).catch(() => undefined);
  const user = UserInfo.safeParse(answer).data?.user;
  if (user?.id !== userId) throw refused('Slack could not say who you are, so nothing was done. Try again.');
  if (user.deleted) throw refused('This account is deactivated.');
  if (user.is_bot) throw refused('Bots may not do this.');
  if (user.is_restricted || user.is_ultra_restricted) throw refused('Guests may not do this.');
  if (user.is_stranger || !teams.includes(user.team_id)) throw refused('You belong to another workspace.');
}

function refused(message: string): OperatorError {
  return new OperatorError('policy/not-permitted', {
    message,
    hint: 'Full members of this workspace who are configured as people may.',
  });
}
