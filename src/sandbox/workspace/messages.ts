import type { Changes } from '../changes.ts';
import type { JsonObject } from '../json.ts';
import type { Timestamps } from './timestamps.ts';

/** A message as the sandbox keeps it. */
export interface Message {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  readonly botId?: string;
  readonly text: string;
  readonly blocks?: readonly JsonObject[];
  /** The parent's timestamp, when this is a reply. */
  readonly threadTs?: string;
  readonly metadata?: JsonObject;
  readonly files?: readonly JsonObject[];
  readonly edited?: { readonly user: string; readonly ts: string };
  /** The only member who sees it; gone from every API, as Slack's ephemerals are. */
  readonly ephemeralFor?: string;
}

/** What the author of a message decides. */
type Draft = Omit<Message, 'ts' | 'edited'>;

/** What an edit may change. */
type Edit = Partial<Pick<Message, 'text' | 'blocks' | 'metadata' | 'files'>>;

/** All messages of the workspace. */
export interface Messages {
  post(draft: Draft): Message;
  find(channel: string, ts: string): Message | undefined;
  /** Replaces parts of a message in place; undefined when it is gone. `mark` says whether it shows as edited. */
  edit(message: Message, edit: Edit, mark: boolean): Message | undefined;
  remove(channel: string, ts: string): boolean;
  /** What `viewer` sees in a channel, oldest first: their own ephemerals included, those of others not. */
  visible(channel: string, viewer?: string): readonly Message[];
  clear(): void;
}

/** An empty workspace's messages. */
export function createMessages(deps: { timestamps: Timestamps; changes: Changes }): Messages {
  const kept = new Map<string, Message>();
  const key = (channel: string, ts: string): string => `${channel}/${ts}`;
  function put(message: Message, isNew: boolean): Message {
    kept.set(key(message.channel, message.ts), message);
    deps.changes.emit({
      kind: 'messages',
      channel: message.channel,
      ...(isNew && { by: message.user }),
      ...(message.ephemeralFor !== undefined && { user: message.ephemeralFor }),
    });
    return message;
  }
  return {
    post: (draft) => put({ ...draft, ts: deps.timestamps() }, true),
    find: (channel, ts) => kept.get(key(channel, ts)),
    edit: (message, edit, mark) => {
      const current = kept.get(key(message.channel, message.ts));
      if (current === undefined) return undefined;
      const edited = mark ? { edited: { user: current.user, ts: deps.timestamps() } } : {};
      return put({ ...current, ...edit, ...edited }, false);
    },
    remove: (channel, ts) => {
      const removed = kept.delete(key(channel, ts));
      if (removed) deps.changes.emit({ kind: 'messages', channel });
      return removed;
    },
    visible: (channel, viewer) =>
      [...kept.values()].filter(
        (message) =>
          message.channel === channel && (message.ephemeralFor === undefined || message.ephemeralFor === viewer),
      ),
    clear: () => {
      const channels = new Set([...kept.values()].map((message) => message.channel));
      kept.clear();
      for (const channel of channels) deps.changes.emit({ kind: 'messages', channel });
    },
  };
}

/** A message as Slack's API and payloads show it; `replies` are those in the same channel. */
export function wireMessage(message: Message, replies: readonly Message[] = []): JsonObject {
  const thread = replies.filter((reply) => reply.threadTs === message.ts);
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    ...(message.botId && { bot_id: message.botId }),
    ...(message.blocks && { blocks: message.blocks }),
    ...(message.metadata && { metadata: message.metadata }),
    ...(message.files && { files: message.files }),
    ...(message.edited && { edited: message.edited }),
    ...(message.threadTs && { thread_ts: message.threadTs }),
    ...(thread.length > 0 && {
      thread_ts: message.ts,
      reply_count: thread.length,
      latest_reply: thread.at(-1)?.ts,
    }),
  };
}
