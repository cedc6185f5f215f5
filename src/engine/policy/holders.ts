import type { Clock } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Person } from '../ports.ts';
import { GROUP_TRUSTED_MS, type Memberships, type UnixGroupsOf } from './membership.ts';
import type { RoleMembers } from './rules.ts';

/** Who holds which role. */
export interface Holders {
  /** Whether somebody holds one of these roles now. */
  holdsOneOf(person: Person, roles: readonly string[]): boolean;
  /** Why groups that these roles rest on gave nobody a right; empty when they can be trusted. */
  doubts(roles: readonly string[]): string[];
}

/** What roles rest on. */
export interface HoldersDeps {
  readonly roles: ReadonlyMap<string, RoleMembers>;
  readonly memberships: Memberships;
  readonly unixGroupsOf: UnixGroupsOf;
  readonly clock: Clock;
}

/** The holders of roles, judged anew at every question. What is not known or too old is nobody's right. */
export function createHolders({ roles, memberships, unixGroupsOf, clock }: HoldersDeps): Holders {
  const trusted = (group: string): ReadonlySet<string> | undefined => {
    const known = memberships.of(group);
    return known && clock.now() - known.at <= GROUP_TRUSTED_MS ? known.members : undefined;
  };
  const holds = (person: Person, role: string): boolean => {
    if (person.roles.some((own) => own === role)) return true;
    const members = roles.get(role);
    if (!members) return false;
    const { slackUserId, unixUser } = person;
    if (members.people.has(person.name)) return true;
    if (slackUserId !== undefined && members.slackGroups.some((group) => trusted(group)?.has(slackUserId))) return true;
    if (unixUser === undefined || members.unixGroups.length === 0) return false;
    const own = unixGroupsOf(unixUser);
    return members.unixGroups.some((group) => own?.has(group));
  };
  return {
    holdsOneOf: (person, wanted) => wanted.some((role) => holds(person, role)),
    doubts: (wanted) =>
      [...new Set(wanted.flatMap((role) => roles.get(role)?.slackGroups ?? []))].flatMap((group) => {
        if (trusted(group)) return [];
        const known = memberships.of(group);
        return known
          ? [
              `Who is in the Slack group ${group} was last read ${formatDuration(clock.now() - known.at)} ago, so it counts for nobody.`,
            ]
          : [`Slack has not said yet who is in the group ${group}, so it counts for nobody.`];
      }),
  };
}
