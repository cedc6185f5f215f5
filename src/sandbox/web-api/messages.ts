import type { Ids } from '../../base/ids.ts';
import { checkMessageBlocks } from '../blocks/check-blocks.ts';
import { fillIds } from '../blocks/elements-of.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Files } from '../workspace/files.ts';
import { type Args, SlackError } from './call.ts';

/** Slack cuts the text of a message here (docs.slack.dev, chat.postMessage). */
const MAX_TEXT = 40_000;

/** Slack takes at most this much metadata, in bytes of JSON (docs.slack.dev/messaging/message-metadata). */
const MAX_METADATA_BYTES = 8192;

/** What checking a message needs: names for what has none, and the files that blocks may show. */
export interface SayingDeps {
  readonly ids: Ids;
  readonly files: Files;
}

/** What a message says, after Slack's checks. */
export interface Said {
  readonly text?: string;
  readonly blocks?: readonly JsonObject[];
  readonly metadata?: JsonObject;
}

/** Text, blocks and metadata of a message, checked as Slack checks them. Throws `SlackError`. */
export function parseSaid(args: Args, deps: SayingDeps): Said {
  const text = args.text('text')?.slice(0, MAX_TEXT);
  const blocks = args.json('blocks');
  const metadata = args.json('metadata');
  return {
    ...(text !== undefined && { text }),
    ...(blocks !== undefined && { blocks: parseBlocks(blocks, deps) }),
    ...(metadata !== undefined && { metadata: parseMetadata(metadata) }),
  };
}

/** Whether a message would say nothing at all. */
export function saysNothing(said: Said): boolean {
  return (said.text ?? '').trim() === '' && (said.blocks ?? []).length === 0;
}

function parseBlocks(blocks: unknown, { ids, files }: SayingDeps): readonly JsonObject[] {
  const verdict = checkMessageBlocks(blocks, (id) => files.find(id)?.completed === true);
  if (verdict.ok) return fillIds(verdict.blocks, ids);
  const messages = verdict.problems.map(({ message, pointer }) => `${message} [json-pointer:${pointer}]`);
  if (messages.length === 0) throw new SlackError(verdict.error);
  throw new SlackError(verdict.error, {
    errors: messages,
    response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) },
  });
}

function parseMetadata(metadata: unknown): JsonObject {
  if (!isObject(metadata) || typeof metadata['event_type'] !== 'string' || !isObject(metadata['event_payload'])) {
    throw new SlackError('invalid_metadata_format');
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) throw new SlackError('metadata_too_large');
  return metadata;
}
