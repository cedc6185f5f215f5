import type { JsonObject } from '../json.ts';
import type { Directory, SandboxMember, SandboxUserGroup } from '../workspace/directory.ts';
import { type Args, type Method, type Methods, SlackError } from './call.ts';
import { cursorOf, type PageSize, pageOf } from './pages.ts';

const PAGES: PageSize = { usual: 1000, max: 1000 };

/** The `users.*` and `usergroups.*` families. */
export function peopleMethods(directory: Directory): Methods {
  const users = { token: 'bot', scopes: ['users:read'] } as const;
  const groups = { tier: 'tier2', token: 'bot', scopes: ['usergroups:read'] } as const;
  return {
    'users.info': {
      ...users,
      tier: 'tier4',
      run: (args) => {
        const member = directory.member(args.required('user'));
        if (member === undefined) throw new SlackError('user_not_found');
        return { user: wireMember(member, directory) };
      },
    },
    'users.list': {
      ...users,
      tier: 'tier2',
      run: (args) => {
        const page = pageOf(directory.members, args, PAGES);
        return { members: page.items.map((member) => wireMember(member, directory)), ...cursorOf(page) };
      },
    },
    'usergroups.list': {
      ...groups,
      run: (args) => ({ usergroups: directory.userGroups.map((group) => wireUserGroup(group, directory, args)) }),
    },
    'usergroups.users.list': {
      ...groups,
      run: (args) => {
        const id = args.required('usergroup');
        const group = directory.userGroups.find((one) => one.id === id);
        if (group === undefined) throw new SlackError('no_such_subteam');
        return { users: group.members };
      },
    },
  } satisfies Record<string, Method>;
}

/** A member as Slack's API shows them. */
function wireMember(member: SandboxMember, directory: Directory): JsonObject {
  return {
    id: member.id,
    team_id: member.teamId ?? directory.teamId,
    name: member.name,
    real_name: member.realName,
    deleted: member.isDeleted ?? false,
    is_bot: member.isBot ?? false,
    is_app_user: false,
    is_admin: false,
    is_owner: false,
    is_restricted: (member.isRestricted ?? false) || (member.isUltraRestricted ?? false),
    is_ultra_restricted: member.isUltraRestricted ?? false,
    is_stranger: member.isStranger ?? false,
    tz: 'Etc/UTC',
    tz_offset: 0,
    profile: { display_name: member.name, real_name: member.realName },
  };
}

function wireUserGroup(group: SandboxUserGroup, directory: Directory, args: Args): JsonObject {
  return {
    id: group.id,
    team_id: directory.teamId,
    is_usergroup: true,
    name: group.name,
    handle: group.handle,
    date_delete: 0,
    user_count: group.members.length,
    ...(args.flag('include_users') && { users: group.members }),
  };
}
