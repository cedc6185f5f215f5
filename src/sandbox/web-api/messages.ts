import type { Ids } from '../../base/ids.ts';
import { checkMessageBlocks } from '../blocks/check-blocks.ts';
import { fillIds } from '../blocks/elements-of.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Conversation } from '../workspace/directory.ts';
import type { Message } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, SlackError } from './call.ts';

/** Slack cuts or refuses text beyond this (docs.slack.dev, chat.postMessage). */
const MAX_TEXT = 40_000;

/** What a message says, after Slack's checks. */
export interface Said {
  readonly text?: string;
  readonly blocks?: readonly JsonObject[];
  readonly metadata?: JsonObject;
}

/** Text, blocks and metadata of a message, checked as Slack checks them. Throws `SlackError`. */
export function parseSaid(args: Args, ids: Ids): Said {
  const text = args.text('text');
  if (text !== undefined && text.length > MAX_TEXT) throw new SlackError('msg_too_long');
  const blocks = args.json('blocks');
  const metadata = args.json('metadata');
  return {
    ...(text !== undefined && { text }),
    ...(blocks !== undefined && { blocks: parseBlocks(blocks, ids) }),
    ...(metadata !== undefined && { metadata: parseMetadata(metadata) }),
  };
}

/** Whether a message would say nothing at all. */
export function saysNothing(said: Said): boolean {
  return (said.text ?? '').trim() === '' && (said.blocks ?? []).length === 0;
}

function parseBlocks(blocks: unknown, ids: Ids): readonly JsonObject[] {
  const verdict = checkMessageBlocks(blocks);
  if (verdict.ok) return fillIds(verdict.blocks, ids);
  const messages = verdict.problems.map(({ message, pointer }) => `${message} [json-pointer:${pointer}]`);
  if (messages.length === 0) throw new SlackError(verdict.error);
  throw new SlackError(verdict.error, {
    errors: messages,
    response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) },
  });
}

function parseMetadata(metadata: unknown): JsonObject {
  if (isObject(metadata) && typeof metadata['event_type'] === 'string' && isObject(metadata['event_payload'])) {
    return metadata;
  }
  throw new SlackError('invalid_metadata_format');
}

/** The conversation that an argument names. Throws `channel_not_found`. */
export function conversationOf(args: Args, workspace: Workspace, name = 'channel'): Conversation {
  const conversation = workspace.directory.conversation(args.required(name));
  if (conversation === undefined) throw new SlackError('channel_not_found');
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
