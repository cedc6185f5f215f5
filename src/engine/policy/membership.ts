/** Who was in a Slack user group when Slack was asked last. */
export interface GroupMembers {
  /** Ids of Slack members. */
  readonly members: ReadonlySet<string>;
  /** When Slack said so, ms since the epoch. */
  readonly at: number;
}

/** What is known of Slack's user groups; undefined = nothing, and then nobody is in it. */
export interface Memberships {
  of(group: string): GroupMembers | undefined;
  /** Takes over what was stored since, by whichever process. */
  refresh(): Promise<void>;
}

/** Slack's user groups as they were read last. */
export interface GroupStore {
  all(): Promise<readonly (GroupMembers & { readonly group: string })[]>;
  /** Replaces what is stored of a group, unless something later is. */
  save(group: string, members: readonly string[], at: number): Promise<void>;
}

/** The Unix groups of a user of this machine; undefined when there is no such user or it cannot be asked. */
export type UnixGroupsOf = (user: string) => ReadonlySet<string> | undefined;

/** How old an answer about a group may be; an older one gives nobody a right. */
export const GROUP_TRUSTED_MS = 15 * 60_000;

/** Memberships as they are stored; nothing is known before the first `refresh`. */
export function createMemberships(groups: GroupStore): Memberships {
  let known: ReadonlyMap<string, GroupMembers> = new Map();
  return {
    of: (group) => known.get(group),
    refresh: async () => {
      known = new Map((await groups.all()).map(({ group, members, at }) => [group, { members, at }]));
    },
  };
}

/** Memberships where there are no Slack user groups. */
export const NO_MEMBERSHIPS: Memberships = { of: () => undefined, refresh: async () => {} };
