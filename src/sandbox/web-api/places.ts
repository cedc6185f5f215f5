import { isDirect, type Conversation } from '../workspace/directory.ts';
import type { Message } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, SlackError } from './call.ts';

/**
 * The conversation that an argument names, when the bot may know of it: public channels, and whatever it is in. Throws
 * `channel_not_found`.
 */
export function conversationOf(args: Args, { directory }: Workspace, name = 'channel'): Conversation {
  const found = directory.conversation(args.required(name));
  const hidden = found !== undefined && (found.isPrivate === true || isDirect(found));
  if (found === undefined || (hidden && !directory.isIn(directory.bot.id, found)))
    throw new SlackError('channel_not_found');
  return found;
}

/** The same, when the bot is in it. Throws `not_in_channel` too. */
export function joinedOf(args: Args, workspace: Workspace, name = 'channel'): Conversation {
  const conversation = conversationOf(args, workspace, name);
  const { directory } = workspace;
  if (!directory.isIn(directory.bot.id, conversation)) throw new SlackError('not_in_channel');
  return conversation;
}

/** The same, when the bot may write there. Throws `is_archived` too. */
export function writableOf(args: Args, workspace: Workspace, name = 'channel'): Conversation {
  const conversation = joinedOf(args, workspace, name);
  if (conversation.isArchived === true) throw new SlackError('is_archived');
  return conversation;
}

/** A message that the API can see, so no ephemeral. Throws `message_not_found`. */
export function messageOf(args: Args, workspace: Workspace, name: string): Message {
  const channel = conversationOf(args, workspace);
  const message = workspace.messages.find(channel.id, args.required(name));
  if (message === undefined || message.ephemeralFor !== undefined) throw new SlackError('message_not_found');
  return message;
}

/** The parent that a reply belongs to: a reply's own parent when somebody replies to a reply. */
export function threadOf(args: Args, channel: Conversation, workspace: Workspace): string | undefined {
  const ts = args.text('thread_ts');
  if (ts === undefined || ts === '') return undefined;
  const parent = workspace.messages.find(channel.id, ts);
  if (parent === undefined) throw new SlackError('thread_not_found');
  return parent.threadTs ?? parent.ts;
}
