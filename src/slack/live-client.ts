import { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Secret } from '../base/secret.ts';
import type { Message } from './limits.ts';

/** What came of a call that shows something: done, not now (Slack limits the rate), or not possible. */
export type Shown =
  | { readonly kind: 'ok'; readonly ts: string }
  | { readonly kind: 'later'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly error: string };

/** The client for messages that follow stored state. It never retries by itself: what is due is rendered again from the store. */
export interface LiveClient {
  post(channel: string, message: Message, subject: string): Promise<Shown>;
  update(channel: string, ts: string, message: Message): Promise<Shown>;
  /** Puts a text file into a message's thread. */
  upload(
    channel: string,
    threadTs: string,
    file: { readonly name: string; readonly title: string; readonly text: string },
  ): Promise<Shown>;
  /** The time stamp of a message about `subject` that was posted after `sinceMs`; undefined when there is none or it cannot be looked for. */
  find(channel: string, subject: string, sinceMs: number): Promise<string | undefined>;
}

const EVENT_TYPE = 'countersign_message';
const TIMEOUT_MS = 10_000;
const UNREACHABLE_RETRY_MS = 3000;

const History = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z.object({ event_type: z.string(), event_payload: z.object({ subject: z.string() }) }).optional(),
    }),
  ),
});

/** A client of its own, so that a 429 here never holds up answers to people. */
export function createLiveClient(token: Secret, slackApiUrl: string | undefined): LiveClient {
  const client = new webApi.WebClient(token.reveal(), {
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: TIMEOUT_MS,
    logLevel: webApi.LogLevel.ERROR,
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
  });
  return {
    post: (channel, { text, blocks }, subject) =>
      shown(async () => {
        const metadata = { event_type: EVENT_TYPE, event_payload: { subject } };
        const sent = await client.chat.postMessage({
          channel,
          text,
          blocks: [...blocks],
          metadata,
          unfurl_links: false,
          unfurl_media: false,
        });
        return sent.ts ?? '';
      }),
    update: (channel, ts, { text, blocks }) =>
      shown(async () => {
        await client.chat.update({ channel, ts, text, blocks: [...blocks] });
        return ts;
      }),
    upload: (channel, threadTs, { name, title, text }) =>
      shown(async () => {
        await client.filesUploadV2({ channel_id: channel, thread_ts: threadTs, filename: name, title, content: text });
        return threadTs;
      }),
    find: async (channel, subject, sinceMs) => {
      try {
        const answer: unknown = await client.conversations.history({
          channel,
          oldest: String(sinceMs / 1000),
          include_all_metadata: true,
          limit: 200,
        });
        const messages = History.safeParse(answer).data?.messages ?? [];
        return messages.find(
          ({ metadata }) => metadata?.event_type === EVENT_TYPE && metadata.event_payload.subject === subject,
        )?.ts;
      } catch {
        return undefined;
      }
    },
  };
}

async function shown(call: () => Promise<string>): Promise<Shown> {
  try {
    return { kind: 'ok', ts: await call() };
  } catch (error) {
    if (error instanceof webApi.WebAPIRateLimitedError) return { kind: 'later', afterMs: error.retryAfter * 1000 };
    if (error instanceof webApi.WebAPIPlatformError) return { kind: 'refused', error: String(error.data.error) };
    return { kind: 'later', afterMs: UNREACHABLE_RETRY_MS };
  }
}
