import type { JsonObject } from '../json.ts';
import type { Conversation } from '../workspace/directory.ts';
import { wireMessage } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, type Methods, SlackError } from './call.ts';
import { conversationOf } from './messages.ts';

const PAGE_SIZE = 100;

/** The `conversations.*` family. */
export function conversationMethods(workspace: Workspace): Methods {
  return {
    'conversations.open': { tier: 'tier3', token: 'bot', run: (args) => open(workspace, args) },
    'conversations.info': {
      tier: 'tier3',
      token: 'bot',
      run: (args) => ({ channel: wireConversation(conversationOf(args, workspace)) }),
    },
    'conversations.list': {
      tier: 'tier2',
      token: 'bot',
      run: () => ({
        channels: workspace.directory.conversations.filter((one) => one.directWith === undefined).map(wireConversation),
        response_metadata: { next_cursor: '' },
      }),
    },
    'conversations.members': {
      tier: 'tier4',
      token: 'bot',
      run: (args) => {
        const { directWith } = conversationOf(args, workspace);
        const { members, bot } = workspace.directory;
        const present = directWith === undefined ? members.map(({ id }) => id) : [directWith, bot.id];
        return { members: present, response_metadata: { next_cursor: '' } };
      },
    },
    'conversations.history': { tier: 'tier3', token: 'bot', run: (args) => history(workspace, args) },
    'conversations.replies': { tier: 'tier3', token: 'bot', run: (args) => replies(workspace, args) },
  };
}

function open(workspace: Workspace, args: Args): JsonObject {
  const given = args.text('channel');
  const users = (args.text('users') ?? '').split(',').filter((id) => id !== '');
  if (given === undefined && users.length !== 1)
    throw new SlackError(users.length === 0 ? 'users_list_not_supplied' : 'not_enough_users');
  const conversation = workspace.directory.conversation(given ?? users[0] ?? '');
  if (conversation?.directWith === undefined)
    throw new SlackError(given === undefined ? 'user_not_found' : 'channel_not_found');
  return { no_op: true, already_open: true, channel: { id: conversation.id } };
}

/** Newest first, without replies, as Slack does it. */
function history(workspace: Workspace, args: Args): JsonObject {
  const channel = conversationOf(args, workspace);
  const all = workspace.messages.visible(channel.id);
  const oldest = Number(args.text('oldest') ?? 0);
  const latest = Number(args.text('latest') ?? Number.POSITIVE_INFINITY);
  const inclusive = args.flag('inclusive');
  const wanted = all
    .filter((message) => message.threadTs === undefined)
    .filter(({ ts }) =>
      inclusive ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest,
    )
    .reverse();
  const limit = args.number('limit') ?? PAGE_SIZE;
  return {
    messages: wanted.slice(0, limit).map((message) => wireMessage(message, all)),
    has_more: wanted.length > limit,
  };
}

function replies(workspace: Workspace, args: Args): JsonObject {
  const channel = conversationOf(args, workspace);
  const all = workspace.messages.visible(channel.id);
  const asked = all.find((message) => message.ts === args.required('ts'));
  if (asked === undefined) throw new SlackError('thread_not_found');
  const parentTs = asked.threadTs ?? asked.ts;
  const thread = all.filter((message) => message.ts === parentTs || message.threadTs === parentTs);
  return { messages: thread.map((message) => wireMessage(message, all)), has_more: false };
}

/** A conversation as Slack's API shows it. */
function wireConversation(conversation: Conversation): JsonObject {
  const direct = conversation.directWith;
  if (direct !== undefined) return { id: conversation.id, is_im: true, user: direct, is_archived: false };
  return {
    id: conversation.id,
    name: conversation.name,
    name_normalized: conversation.name,
    is_channel: true,
    is_im: false,
    is_private: false,
    is_archived: false,
    is_member: true,
    is_ext_shared: conversation.isExtShared ?? false,
    topic: { value: conversation.topic ?? '' },
    purpose: { value: '' },
  };
}
