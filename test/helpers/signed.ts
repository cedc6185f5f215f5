import { createHmac } from 'node:crypto';

/** What differs from a request that Slack signed just now. */
export interface Forgery {
  readonly secret?: string;
  /** Seconds since it was signed. */
  readonly agoS?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly path?: string;
}

/** Posts a body as Slack signs it (docs.slack.dev/authentication/verifying-requests-from-slack). */
export async function postSigned(
  origin: string,
  secret: string,
  body: string,
  forgery: Forgery = {},
): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1000) - (forgery.agoS ?? 0));
  const hmac = createHmac('sha256', forgery.secret ?? secret).update(`v0:${timestamp}:${body}`);
  return fetch(origin + (forgery.path ?? '/slack/events'), {
    method: forgery.method ?? 'POST',
    ...(forgery.method === 'GET' ? {} : { body }),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${hmac.digest('hex')}`,
      ...forgery.headers,
    },
  });
}

/** The body of a slash command. */
export function commandBody(text: string, more: Readonly<Record<string, string>> = {}): string {
  return new URLSearchParams({
    command: '/runbook',
    text,
    team_id: 'T0SANDBOX',
    channel_id: 'C0INCIDENTS',
    user_id: 'U0REQUESTER',
    trigger_id: 'trigger-1',
    response_url: 'http://127.0.0.1:9/none',
    ...more,
  }).toString();
}
