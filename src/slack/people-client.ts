import { webApi } from '@slack/bolt';
import type { HomeView } from '@slack/types';
import { z } from 'zod';
import type { Secret } from '../base/secret.ts';
import { createApiClient } from './api-client.ts';

/** What Slack said to a call that is worth repeating or is not. */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'later'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly error: string };

/** Calls about single people and places, none of which holds up answers to others or is repeated by itself. */
export interface PeopleClient {
  publishHome(userId: string, view: HomeView): Promise<Answer<null>>;
  /** The conversation of direct messages with somebody. */
  openDirect(userId: string): Promise<Answer<string>>;
  /** The address of a message. */
  permalink(channel: string, ts: string): Promise<Answer<string>>;
  /** conversations.info, unparsed. Rejects with Slack's error. */
  channelInfo(channel: string): Promise<unknown>;
  /** users.info, unparsed. Rejects with Slack's error. */
  userInfo(userId: string): Promise<unknown>;
}

const TIMEOUT_MS = 5000;
const RETRY_MS = 3000;

const Direct = z.object({ channel: z.object({ id: z.string().min(1) }) });
const Permalink = z.object({
  permalink: z
    .string()
    .max(3000)
    .regex(/^https?:\/\//),
});

/** Its calls end with `hangUp`. */
export function createPeopleClient(token: Secret, slackApiUrl: string | undefined, hangUp: AbortSignal): PeopleClient {
  const client = createApiClient({ token, apiUrl: slackApiUrl, timeoutMs: TIMEOUT_MS, hangUp });
  return {
    publishHome: (user_id, view) =>
      answer(async () => {
        await client.views.publish({ user_id, view });
        return null;
      }),
    openDirect: (users) => answer(async () => Direct.parse(await client.conversations.open({ users })).channel.id),
    permalink: (channel, message_ts) =>
      answer(async () => Permalink.parse(await client.chat.getPermalink({ channel, message_ts })).permalink),
    channelInfo: (channel) => client.conversations.info({ channel }),
    userInfo: (user) => client.users.info({ user }),
  };
}

async function answer<T>(call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'ok', value: await call() };
  } catch (error) {
    if (error instanceof webApi.WebAPIRateLimitedError) return { kind: 'later', afterMs: error.retryAfter * 1000 };
    if (error instanceof webApi.WebAPIPlatformError) return { kind: 'refused', error: String(error.data.error) };
    return { kind: 'later', afterMs: RETRY_MS };
  }
}
