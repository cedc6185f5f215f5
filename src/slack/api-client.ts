import { webApi } from '@slack/bolt';
import type { Secret } from '../base/secret.ts';

/** What a client of Slack's Web API is made of. */
export interface ApiClientDeps {
  readonly token: Secret;
  /** Where Slack's API answers; undefined = slack.com. */
  readonly apiUrl: string | undefined;
  readonly timeoutMs: number;
  /** Its calls end with this signal. */
  readonly hangUp: AbortSignal;
}

/**
 * A client of its own for one kind of call, so that a 429 there holds up no other kind. It tries once; whoever calls
 * decides what a failure means and when to try again.
 */
export function createApiClient({ token, apiUrl, timeoutMs, hangUp }: ApiClientDeps): webApi.WebClient {
  return new webApi.WebClient(token.reveal(), {
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: timeoutMs,
    logLevel: webApi.LogLevel.ERROR,
    fetch: fetchUntil(hangUp),
    ...slackApi(apiUrl),
  });
}

/** The option of Slack's clients that says where its API answers; undefined = slack.com. */
export function slackApi(apiUrl: string | undefined): { readonly slackApiUrl?: string } {
  return apiUrl === undefined ? {} : { slackApiUrl: apiUrl };
}

/** Calls of Slack's clients that end with `signal`, so that nothing keeps a process that is being stopped. */
export function fetchUntil(signal: AbortSignal): NonNullable<webApi.WebClientOptions['fetch']> {
  return (url, init) => fetch(url, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal });
}
