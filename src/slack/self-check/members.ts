import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { CheckItem } from '../../base/check-item.ts';
import { count } from '../../base/format.ts';
import { mapLimit } from '../../base/map-limit.ts';
import type { Person } from '../../engine/ports.ts';

/** Whom and what the configuration names in Slack. */
export interface MembersDeps {
  readonly client: webApi.WebClient;
  readonly people: readonly Person[];
  /** Workspaces whose members count. */
  readonly teams: readonly string[];
  /** Slack's word for what is wrong. */
  readonly errorOf: (error: unknown) => string;
}

interface NamedDeps extends MembersDeps {
  readonly groups: readonly string[];
  readonly breakGlassChannel: string | undefined;
}

const AT_ONCE = 4;

const Member = z.object({
  user: z.object({
    id: z.string(),
    name: z.string(),
    team_id: z.string(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    enterprise_user: z.object({ teams: z.array(z.string()) }).optional(),
  }),
});
type User = z.output<typeof Member>['user'];

const Group = z.object({ users: z.array(z.string()) });
const Channel = z.object({
  channel: z.object({ name: z.string(), is_member: z.boolean().optional(), is_archived: z.boolean().optional() }),
});

/** People, user groups and the channel for broken glass, each as the bot sees them. */
export async function checkMembers(deps: NamedDeps): Promise<readonly CheckItem[]> {
  const inSlack = deps.people.flatMap(({ name, slackUserId }) => (slackUserId ? [{ name, id: slackUserId }] : []));
  const people = await mapLimit(inSlack, AT_ONCE, (person) => checkPerson(deps, person));
  const groups = await mapLimit(deps.groups, AT_ONCE, (group) => checkGroup(deps, group));
  return [...(inSlack.length === 0 ? [NOBODY] : people), ...groups, ...(await checkChannel(deps))];
}

const NOBODY: CheckItem = {
  what: 'people',
  state: 'missing',
  words: 'nobody in the configuration has a Slack identity, so nobody can do anything in Slack',
  hint: 'Add "slack: U…" to the entries of people: (in Slack: profile, "Copy member ID").',
};

async function checkPerson(
  { client, teams, errorOf }: MembersDeps,
  { name, id }: { readonly name: string; readonly id: string },
): Promise<CheckItem> {
  const what = `person ${name}`;
  try {
    const { user } = Member.parse(await client.users.info({ user: id }));
    const because = whyRefused(user, teams);
    if (because === undefined) return { what, state: 'ok', words: `@${user.name} (${id}), a full member` };
    const hint = 'They are refused in Slack. Correct "slack:" at this entry of people:, or remove it.';
    return { what, state: 'missing', words: `@${user.name} (${id}) is ${because}`, hint };
  } catch (error) {
    const hint = 'Correct "slack:" at this entry of people: (in Slack: profile, "Copy member ID").';
    return { what, state: 'missing', words: `Slack does not show ${id}: ${errorOf(error)}`, hint };
  }
}

/** Why somebody is refused in Slack; who clicks is judged again at each click, by identity.ts. */
function whyRefused(user: User, teams: readonly string[]): string | undefined {
  if (user.deleted) return 'deactivated';
  if (user.is_bot) return 'a bot';
  if (user.is_restricted) return 'a guest';
  const within = [user.team_id, ...(user.enterprise_user?.teams ?? [])];
  return user.is_stranger || !within.some((team) => teams.includes(team)) ? 'of another workspace' : undefined;
}

async function checkGroup({ client, errorOf }: MembersDeps, id: string): Promise<CheckItem> {
  const what = `user group ${id}`;
  try {
    const { users } = Group.parse(await client.usergroups.users.list({ usergroup: id }));
    if (users.length > 0) return { what, state: 'ok', words: count(users.length, 'member') };
    return { what, state: 'absent', words: 'nobody is in it, so it gives nobody a role' };
  } catch (error) {
    const hint = 'Correct slack_groups: in the policy; usergroups:read is needed to see who is in a group.';
    return { what, state: 'missing', words: `Slack does not show who is in it: ${errorOf(error)}`, hint };
  }
}

async function checkChannel({ client, breakGlassChannel: id, errorOf }: NamedDeps): Promise<readonly CheckItem[]> {
  if (id === undefined) return [];
  const what = `channel ${id} for broken glass`;
  const missing = (words: string, hint: string): CheckItem => ({ what, state: 'missing', words, hint });
  try {
    const { channel } = Channel.parse(await client.conversations.info({ channel: id }));
    if (channel.is_archived) return [missing(`#${channel.name} is archived`, 'Name another one in the policy.')];
    if (channel.is_member) return [{ what, state: 'ok', words: `the bot is in #${channel.name}` }];
    return [missing(`the bot is not in #${channel.name}`, `Type /invite @countersign in #${channel.name}.`)];
  } catch (error) {
    const hint = 'Correct break_glass.channel in the policy, and invite the bot when the channel is private.';
    return [missing(`Slack does not show it: ${errorOf(error)}`, hint)];
  }
}
