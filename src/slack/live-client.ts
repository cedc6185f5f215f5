import { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Secret } from '../base/secret.ts';
import { createApiClient } from './api-client.ts';
import type { Message } from './limits.ts';

/**
 * What came of a call that shows something: done; surely not done (Slack limits the rate, or could not just now); not
 * known, because the answer never came; or not possible.
 */
export type Shown =
  | { readonly kind: 'ok'; readonly ts: string }
  | { readonly kind: 'later'; readonly afterMs: number }
  | { readonly kind: 'unsure'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly error: string };

/** What came of looking for something that may have been posted; `hidden` = Slack does not let this app look. */
export type Found =
  | { readonly kind: 'found'; readonly ts: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'later'; readonly afterMs: number };

/** A text file for a thread. */
export interface TextFile {
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

/** The client for messages that follow stored state. It never retries by itself: what is due is rendered again from the store. */
export interface LiveClient {
  post(channel: string, message: Message, subject: string): Promise<Shown>;
  update(channel: string, ts: string, message: Message): Promise<Shown>;
  /** Puts a text file into a message's thread. */
  upload(channel: string, threadTs: string, file: TextFile): Promise<Shown>;
  /** Looks for the message about `subject` among those posted after `sinceMs`. */
  findMessage(channel: string, subject: string, sinceMs: number): Promise<Found>;
  /** Looks for a file of this name in a thread. */
  findFile(channel: string, threadTs: string, name: string): Promise<Found>;
}

const EVENT_TYPE = 'countersign_message';
const TIMEOUT_MS = 10_000;
const RETRY_MS = 3000;
/** Slack's own failures, after which the call may have been carried out all the same. */
const SLACK_FAILED = ['fatal_error', 'internal_error', 'request_timeout', 'service_unavailable'];
/** How far Slack's clock may be behind ours. */
const CLOCK_SKEW_MS = 300_000;
const PAGE = 200;
const PAGES = 10;

const History = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z
        .object({ event_type: z.string(), event_payload: z.object({ subject: z.string() }) })
        .optional()
        .catch(undefined),
      files: z.array(z.object({ name: z.string().nullish() })).optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});
type SlackMessage = z.output<typeof History>['messages'][number];

/** Its calls end with `hangUp`. */
export function createLiveClient(token: Secret, slackApiUrl: string | undefined, hangUp: AbortSignal): LiveClient {
  const client = createApiClient({ token, apiUrl: slackApiUrl, timeoutMs: TIMEOUT_MS, hangUp });
  return {
    post: (channel, { text, blocks }, subject) =>
      shown(async () => {
        const metadata = { event_type: EVENT_TYPE, event_payload: { subject } };
        const quiet = { unfurl_links: false, unfurl_media: false };
        const sent = await client.chat.postMessage({ channel, text, blocks: [...blocks], metadata, ...quiet });
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
    findMessage: (channel, subject, sinceMs) => {
      const oldest = String(Math.max(0, sinceMs - CLOCK_SKEW_MS) / 1000);
      return found(
        (cursor) =>
          client.conversations.history({ channel, oldest, include_all_metadata: true, limit: PAGE, ...cursor }),
        ({ metadata }) => metadata?.event_type === EVENT_TYPE && metadata.event_payload.subject === subject,
      );
    },
    findFile: (channel, threadTs, name) =>
      found(
        (cursor) => client.conversations.replies({ channel, ts: threadTs, limit: PAGE, ...cursor }),
        ({ files = [] }) => files.some((file) => file.name === name),
      ),
  };
}

async function shown(call: () => Promise<string>): Promise<Shown> {
  try {
    return { kind: 'ok', ts: await call() };
  } catch (error) {
    if (error instanceof webApi.WebAPIRateLimitedError) return { kind: 'later', afterMs: error.retryAfter * 1000 };
    const refusal = error instanceof webApi.WebAPIPlatformError ? String(error.data.error) : undefined;
    if (refusal === undefined || SLACK_FAILED.includes(refusal)) return { kind: 'unsure', afterMs: RETRY_MS };
    return { kind: 'refused', error: refusal };
  }
}

async function found(
  page: (cursor: { readonly cursor?: string }) => Promise<unknown>,
  wanted: (message: SlackMessage) => boolean,
): Promise<Found> {
  try {
    let cursor = '';
    for (let n = 0; n < PAGES; n++) {
      const { messages, response_metadata } = History.parse(await page(cursor === '' ? {} : { cursor }));
      const ts = messages.find(wanted)?.ts;
      if (ts !== undefined) return { kind: 'found', ts };
      cursor = response_metadata?.next_cursor ?? '';
      if (cursor === '') return { kind: 'absent' };
    }
    return { kind: 'hidden' };
  } catch (error) {
    if (error instanceof webApi.WebAPIRateLimitedError) return { kind: 'later', afterMs: error.retryAfter * 1000 };
    if (error instanceof webApi.WebAPIPlatformError) return { kind: 'hidden' };
    return { kind: 'later', afterMs: RETRY_MS };
  }
}
