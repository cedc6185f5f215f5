/** A person in the sandbox, or its bot. The flags are those of Slack's users.info. */
export interface SandboxMember {
  readonly id: string;
  readonly name: string;
  /** What the page shows beside the name. */
  readonly realName: string;
  /** A guest of the workspace, who is in some channels. */
  readonly isRestricted?: boolean;
  /** A guest who is in one channel. */
  readonly isUltraRestricted?: boolean;
  readonly isDeleted?: boolean;
  readonly isBot?: boolean;
  /** Somebody of another organisation, seen through a shared channel. */
  readonly isStranger?: boolean;
  /** Another workspace than the sandbox's own. */
  readonly teamId?: string;
}

/** A channel. Public, with everybody and the bot in it, unless it says otherwise. */
export interface SandboxChannel {
  readonly id: string;
  /** Without `#`. */
  readonly name: string;
  readonly topic?: string;
  /** Shared with another organisation through Slack Connect. */
  readonly isExtShared?: boolean;
  readonly isPrivate?: boolean;
  readonly isArchived?: boolean;
  /** The ids of the people in it. */
  readonly members?: readonly string[];
  /** The bot was not invited. */
  readonly withoutBot?: boolean;
}

/** The direct messages of two people, which the bot knows nothing of. */
export interface SandboxDirect {
  readonly id: string;
  readonly between: readonly [string, string];
}

/** A user group as usergroups.list names it. */
export interface SandboxUserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** A place where messages are: a channel, or direct messages. */
export interface Conversation extends SandboxChannel {
  /** The member, when these are somebody's direct messages with the bot. */
  readonly directWith?: string;
  /** The two, when these are direct messages of people. */
  readonly between?: readonly [string, string];
}

/** Who and what is in the workspace. It does not change while the sandbox runs. */
export interface Directory {
  readonly teamId: string;
  readonly teamName: string;
  readonly appId: string;
  readonly botId: string;
  readonly bot: SandboxMember;
  /** People and the bot. */
  readonly members: readonly SandboxMember[];
  readonly people: readonly SandboxMember[];
  readonly conversations: readonly Conversation[];
  readonly userGroups: readonly SandboxUserGroup[];
  member(id: string): SandboxMember | undefined;
  /** By id, by `#name` or name, or by a member's id, which means their direct messages. */
  conversation(reference: string): Conversation | undefined;
  /** Whether a member is in a conversation; the bot is one. */
  isIn(member: string, conversation: Conversation): boolean;
}

/** Whether a conversation is somebody's direct messages. */
export function isDirect({ directWith, between }: Conversation): boolean {
  return directWith !== undefined || between !== undefined;
}

/** The members of a sandbox that names none: who asks, two who may approve, and a guest who may not. */
export const DEFAULT_MEMBERS: readonly SandboxMember[] = [
  { id: 'U0REQUESTER', name: 'requester', realName: 'On-call engineer' },
  { id: 'U0APPROVER', name: 'approver', realName: 'Second on-call' },
  { id: 'U0APPROVER2', name: 'approver-2', realName: 'Platform lead' },
  { id: 'U0GUEST', name: 'guest', realName: 'Guest', isRestricted: true },
];

/** The channels of a sandbox that names none. */
export const DEFAULT_CHANNELS: readonly SandboxChannel[] = [
  { id: 'C0INCIDENTS', name: 'incidents', topic: 'What is broken now, and who is on it' },
  { id: 'C0OPS', name: 'ops', topic: 'Day-to-day operations' },
];

/** The user groups of a sandbox that names none. */
export const DEFAULT_USER_GROUPS: readonly SandboxUserGroup[] = [
  { id: 'S0APPROVERS', handle: 'sre-approvers', name: 'SRE approvers', members: ['U0APPROVER', 'U0APPROVER2'] },
];

/** Slack's own voice, which tells people about failed commands. */
export const SLACKBOT: SandboxMember = { id: 'USLACKBOT', name: 'slackbot', realName: 'Slackbot' };

/** The directory of one sandbox. */
export function createDirectory(init: {
  readonly members: readonly SandboxMember[];
  readonly channels: readonly SandboxChannel[];
  readonly directs?: readonly SandboxDirect[];
  readonly userGroups: readonly SandboxUserGroup[];
  readonly botName: string;
}): Directory {
  const bot: SandboxMember = { id: 'U0BOT', name: init.botName, realName: init.botName, isBot: true };
  const members = [...init.members, bot];
  const conversations: readonly Conversation[] = [
    ...init.channels,
    ...init.members.map(({ id }) => ({ id: `D${id.slice(1)}`, name: init.botName, directWith: id })),
    ...(init.directs ?? []).map(({ id, between }) => ({ id, name: 'directmessage', between })),
  ];
  return {
    teamId: 'T0SANDBOX',
    teamName: 'sandbox',
    appId: 'A0SANDBOX',
    botId: 'B0SANDBOX',
    bot,
    members,
    people: init.members,
    conversations,
    userGroups: init.userGroups,
    member: (id) => (id === SLACKBOT.id ? SLACKBOT : members.find((member) => member.id === id)),
    conversation: (reference) => {
      const name = reference.replace(/^#/, '');
      return (
        conversations.find(({ id, directWith }) => id === reference || directWith === reference) ??
        init.channels.find((channel) => channel.name === name)
      );
    },
    isIn: (member, { directWith, between, members: invited, withoutBot }) => {
      if (between !== undefined) return between.includes(member);
      if (member === bot.id) return withoutBot !== true;
      if (directWith !== undefined) return directWith === member;
      return invited === undefined || invited.includes(member);
    },
  };
}
