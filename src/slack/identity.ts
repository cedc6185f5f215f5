import { z } from 'zod';
import { OperatorError } from '../base/error.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { Channels } from './channels.ts';
import { SHOW_RUN } from './manifest.ts';

/** users.info, as far as it decides who somebody is (docs.slack.dev/reference/objects/user-object). */
const UserInfo = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_workflow_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    /** In an Enterprise organisation: the workspaces that the person is a member of. */
    enterprise_user: z.object({ teams: z.array(z.string()) }).optional(),
  }),
});
type User = z.output<typeof UserInfo>['user'];

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
  /** Where it was asked for and others may see what comes of it; null = where only this person looks. */
  readonly channel: string | null;
}

/** Finds the person behind a Slack identity, at every request anew, and refuses whoever is not certainly a full member. */
export interface Identity {
  /**
   * Throws policy/not-permitted or policy/unknown-person, and records it; also when Slack cannot be asked, and for what
   * must not be done where other organisations look on.
   */
  asker(claim: Claim): Promise<Asker>;
  /** Whether something may be shown to somebody who asked for nothing. Throws as `asker` does, and records nothing. */
  reader(member: { readonly userId: string; readonly teamId?: string }): Promise<Asker>;
}

/** What identities rest on. */
export interface IdentityDeps {
  readonly lookUp: LookUpUser;
  /** Workspaces whose members count. */
  readonly teams: readonly string[];
  readonly channels: Channels;
  readonly policy: Policy;
  /** Records whoever is not let in. */
  readonly denied: Engine['denied'];
}

/** Identities of these workspaces, mapped by the policy's people. */
export function createIdentity(deps: IdentityDeps): Identity {
  return {
    reader: (member) => personBehind(deps, member),
    asker: async (claim) => {
      try {
        const asker = await personBehind(deps, claim);
        if (claim.channel !== null && !isHarmless(claim.wish)) await deps.channels.requireInternal(claim.channel);
        return asker;
      } catch (because) {
        const { userId, teamId, wish, subject } = claim;
        const identity = `slack:${userId}@${teamId}`;
        if (because instanceof OperatorError) await deps.denied({ identity, surface: 'slack', subject, wish, because });
        throw because;
      }
    },
  };
}

/**
 * What may be asked for where other organisations look on, because the answer is private or makes less happen. Whatever
 * is not named here counts as a risk.
 */
const HARMLESS: readonly string[] = [
  ...['', 'help', 'list', 'status', 'show', 'history', 'hosts', 'cancel', 'review'],
  ...['proposal_reject', 'proposal_evidence', 'run_cancel', 'run_raw', SHOW_RUN],
];

/** `/runbook status` is harmless in the words after the command, a button in its action. */
function isHarmless(wish: string): boolean {
  return HARMLESS.includes(wish.startsWith('/') ? wish.replace(/^\S+\s*/, '').toLowerCase() : wish);
}

async function personBehind(
  deps: IdentityDeps,
  { userId, teamId }: { readonly userId: string; readonly teamId?: string },
): Promise<Asker> {
  if (teamId !== undefined && !deps.teams.includes(teamId)) throw refused(ELSEWHERE);
  const answer = await deps.lookUp(userId).catch(() => undefined);
  const user = UserInfo.safeParse(answer).data?.user;
  const because = user?.id === userId ? whyRefused(user, deps.teams) : UNKNOWN;
  if (because !== undefined) throw refused(because);
  const person = deps.policy.bySlackUser(userId);
  if (person) return { person: person.name, surface: 'slack' };
  throw new OperatorError('policy/unknown-person', {
    message: `the Slack member ${userId} is not among the configured people`,
    hint: `Ask for "slack: ${userId}" to be added to a person under "people:" in the configuration.`,
  });
}

const UNKNOWN = 'Slack could not say who you are, so nothing was done. Try again.';
const ELSEWHERE = 'You belong to another workspace.';
/** Slack's own account says of itself that it is no bot. */
const SLACKBOT = 'USLACKBOT';

/** Why somebody is not a full member; undefined = they are. */
function whyRefused(user: User, teams: readonly string[]): string | undefined {
  if (user.deleted) return 'This account is deactivated.';
  if (user.is_bot || user.is_workflow_bot || user.id === SLACKBOT) return 'Bots and workflows may not do this.';
  if (user.is_stranger) return 'You belong to another organisation, with which a channel is shared.';
  if (user.is_ultra_restricted) return 'Guests may not do this. You are a guest in one channel.';
  if (user.is_restricted) return 'Guests may not do this.';
  const within = [user.team_id, ...(user.enterprise_user?.teams ?? [])];
  return within.some((team) => teams.includes(team)) ? undefined : ELSEWHERE;
}

function refused(message: string): OperatorError {
  return new OperatorError('policy/not-permitted', {
    message,
    hint: 'Full members of this workspace who are configured as people may.',
  });
}
