import type { JsonObject } from '../json.ts';
import { type Conversation, isDirect } from '../workspace/directory.ts';
import { type Message, wireMessage } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, type Method, type Methods, SlackError } from './call.ts';
import { cursorOf, type PageSize, pageOf } from './pages.ts';
import { conversationOf, joinedOf } from './places.ts';
import { readingScopes, requireScope, scopeFor } from './scopes.ts';

interface Deps {
  readonly workspace: Workspace;
  /** What the bot was granted. */
  readonly scopes: readonly string[];
}

const PAGES: PageSize = { usual: 100, max: 1000 };
/** docs.slack.dev/reference/methods/conversations.history: at most 999 messages a page. */
const MESSAGE_PAGES: PageSize = { usual: 100, max: 999 };

/** The `conversations.*` family. */
export function conversationMethods(deps: Deps): Methods {
  const reads = { token: 'bot', scopes: readingScopes('read') } as const;
  const looksBack = { tier: 'tier3', token: 'bot', scopes: readingScopes('history') } as const;
  return {
    'conversations.open': {
      tier: 'tier3',
      token: 'bot',
      scopes: ['im:write', 'mpim:write'],
      run: (args) => open(deps.workspace, args),
    },
    'conversations.info': { ...reads, tier: 'tier3', run: (args) => info(deps, args) },
    'conversations.list': { ...reads, tier: 'tier2', run: (args) => list(deps, args) },
    'conversations.members': { ...reads, tier: 'tier4', run: (args) => members(deps, args) },
    'conversations.history': { ...looksBack, run: (args) => history(deps, args) },
    'conversations.replies': { ...looksBack, run: (args) => replies(deps, args) },
  } satisfies Record<string, Method>;
}

function open(workspace: Workspace, args: Args): JsonObject {
  const given = args.text('channel');
  const users = (args.text('users') ?? '').split(',').filter((id) => id !== '');
  if (given === undefined && users.length !== 1)
    throw new SlackError(users.length === 0 ? 'users_list_not_supplied' : 'not_enough_users');
  const conversation = workspace.directory.conversation(given ?? users[0] ?? '');
  if (conversation?.directWith === undefined)
    throw new SlackError(given === undefined ? 'user_not_found' : 'channel_not_found');
  const member = workspace.directory.member(conversation.directWith);
  if (member?.isDeleted === true) throw new SlackError('user_disabled');
  if (member?.isBot === true) throw new SlackError('cannot_dm_bot');
  return { no_op: true, already_open: true, channel: { id: conversation.id } };
}

function info({ workspace, scopes }: Deps, args: Args): JsonObject {
  const conversation = conversationOf(args, workspace);
  requireScope(scopes, [scopeFor(conversation, 'read')]);
  const count = args.flag('include_num_members') ? { num_members: present(workspace, conversation).length } : {};
  return { channel: { ...wireConversation(workspace, conversation), ...count } };
}

const KINDS: Readonly<Record<string, (conversation: Conversation) => boolean>> = {
  public_channel: (one) => !isDirect(one) && one.isPrivate !== true,
  private_channel: (one) => !isDirect(one) && one.isPrivate === true,
  im: isDirect,
  mpim: () => false,
};

/** What the bot may know of, of the kinds that are asked for; public channels unless it says more. */
function list({ workspace, scopes }: Deps, args: Args): JsonObject {
  const { directory } = workspace;
  const kinds = (args.text('types') || 'public_channel').split(',').map((kind) => kind.trim());
  if (kinds.some((kind) => !Object.hasOwn(KINDS, kind))) throw new SlackError('invalid_types');
  const wanted = directory.conversations
    .filter((one) => kinds.some((kind) => KINDS[kind]?.(one)))
    .filter((one) => KINDS['public_channel']?.(one) || directory.isIn(directory.bot.id, one))
    .filter((one) => !(args.flag('exclude_archived') && one.isArchived === true));
  for (const one of wanted) requireScope(scopes, [scopeFor(one, 'read')]);
  const page = pageOf(wanted, args, PAGES);
  return { channels: page.items.map((one) => wireConversation(workspace, one)), ...cursorOf(page) };
}

function members({ workspace, scopes }: Deps, args: Args): JsonObject {
  const conversation = conversationOf(args, workspace);
  requireScope(scopes, [scopeFor(conversation, 'read')]);
  const page = pageOf(present(workspace, conversation), args, PAGES);
  return { members: page.items, ...cursorOf(page) };
}

/** Newest first, without replies, as Slack does it. */
function history({ workspace, scopes }: Deps, args: Args): JsonObject {
  const channel = joinedOf(args, workspace);
  requireScope(scopes, [scopeFor(channel, 'history')]);
  const all = workspace.messages.visible(channel.id);
  const between = withinAsked(args);
  const wanted = all.filter((message) => message.threadTs === undefined && between(message)).reverse();
  return messagesPage(wanted, all, args);
}

/** The parent, then its replies, oldest first. */
function replies({ workspace, scopes }: Deps, args: Args): JsonObject {
  const channel = joinedOf(args, workspace);
  requireScope(scopes, [scopeFor(channel, 'history')]);
  const all = workspace.messages.visible(channel.id);
  const ts = args.required('ts');
  const asked = all.find((message) => message.ts === ts);
  if (asked === undefined) throw new SlackError('thread_not_found');
  const parentTs = asked.threadTs ?? asked.ts;
  const between = withinAsked(args);
  const thread = all.filter(
    (message) => message.ts === parentTs || (message.threadTs === parentTs && between(message)),
  );
  return messagesPage(thread, all, args);
}

function withinAsked(args: Args): (message: Message) => boolean {
  const oldest = Number(args.text('oldest') ?? 0);
  const latest = Number(args.text('latest') ?? Number.POSITIVE_INFINITY);
  const inclusive = args.flag('inclusive');
  return ({ ts }) =>
    inclusive ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest;
}

/** Metadata is shown to those who ask for it alone (docs.slack.dev/messaging/message-metadata). */
function messagesPage(wanted: readonly Message[], all: readonly Message[], args: Args): JsonObject {
  const page = pageOf(wanted, args, MESSAGE_PAGES);
  const withMetadata = args.flag('include_all_metadata');
  const messages = page.items.map((message) => {
    const { metadata, ...rest } = wireMessage(message, all);
    return withMetadata && metadata !== undefined ? { ...rest, metadata } : rest;
  });
  return { messages, has_more: page.hasMore, ...cursorOf(page) };
}

function present({ directory }: Workspace, conversation: Conversation): readonly string[] {
  return directory.members.map(({ id }) => id).filter((id) => directory.isIn(id, conversation));
}

/** A conversation as Slack's API shows it. */
function wireConversation({ directory }: Workspace, conversation: Conversation): JsonObject {
  const { id, name, directWith } = conversation;
  if (directWith !== undefined) return { id, is_im: true, user: directWith, is_archived: false };
  const isPrivate = conversation.isPrivate ?? false;
  const isShared = conversation.isExtShared ?? false;
  return {
    id,
    name,
    name_normalized: name,
    is_channel: !isPrivate,
    is_group: isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: isPrivate,
    is_archived: conversation.isArchived ?? false,
    is_member: directory.isIn(directory.bot.id, conversation),
    is_shared: isShared,
    is_ext_shared: isShared,
    is_org_shared: false,
    context_team_id: directory.teamId,
    topic: { value: conversation.topic ?? '' },
    purpose: { value: '' },
  };
}
