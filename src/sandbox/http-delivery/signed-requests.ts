import { createHmac } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { isObject, type JsonObject, parseJson, textOf } from '../json.ts';
import type { Traffic } from '../traffic.ts';

/** Where a bot takes requests, and what they are signed with. */
export interface RequestTarget {
  readonly requestUrl: string;
  readonly signingSecret: string;
}

/** What posting needs. */
export interface SignedRequestsDeps extends RequestTarget {
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** Takes in the bot's answer as the ack that a socket would have carried. */
  readonly receive: (frame: JsonObject) => void;
  /** Aborts when the sandbox stops. */
  readonly signal: AbortSignal;
}

/** A request as it goes out, before it is signed. */
interface Outgoing {
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Slack gives up on a request after this. */
const PATIENCE_MS = 3000;

/** How Slack names what kept an event from being taken, in x-slack-retry-reason (docs.slack.dev/apis/events-api). */
const RETRY_REASONS: Readonly<Record<string, string>> = { timeout: 'http_timeout' };

/**
 * Delivers envelopes as signed requests instead of over a socket: commands as forms, interactions as a form with
 * `payload`, events as JSON (docs.slack.dev/apis/events-api/using-http-request-urls). Resolves with whether the bot
 * answered 2xx.
 */
export function createSignedRequests(deps: SignedRequestsDeps): (frame: JsonObject) => Promise<boolean> {
  return async (frame) => {
    const outgoing = outgoingOf(frame);
    const timestamp = String(Math.floor(deps.clock.now() / 1000));
    deps.traffic.record({ from: 'sandbox', what: `request ${textOf(frame['type']) ?? ''}`, body: frame });
    const timer = new AbortController();
    deps.clock.sleep(PATIENCE_MS, AbortSignal.any([timer.signal, deps.signal])).then(
      () => timer.abort(),
      () => {},
    );
    try {
      const response = await fetch(deps.requestUrl, {
        method: 'POST',
        body: outgoing.body,
        headers: {
          'content-type': outgoing.type,
          'x-slack-request-timestamp': timestamp,
          'x-slack-signature': signatureOf(deps.signingSecret, timestamp, outgoing.body),
          ...outgoing.headers,
        },
        redirect: 'error',
        signal: AbortSignal.any([timer.signal, deps.signal]),
      });
      const answer = await response.text();
      if (!response.ok) return false;
      deps.receive({ envelope_id: frame['envelope_id'], payload: ackOf(answer) });
      return true;
    } catch {
      return false;
    } finally {
      timer.abort();
    }
  };
}

/** Slack's signature of a body (docs.slack.dev/authentication/verifying-requests-from-slack). */
function signatureOf(signingSecret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function outgoingOf(frame: JsonObject): Outgoing {
  const payload = isObject(frame['payload']) ? frame['payload'] : {};
  if (frame['type'] === 'events_api') {
    return { type: 'application/json', body: JSON.stringify(payload), headers: retryHeaders(frame) };
  }
  const form =
    frame['type'] === 'slash_commands'
      ? Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)])
      : { payload: JSON.stringify(payload) };
  return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams(form).toString(), headers: {} };
}

function retryHeaders(frame: JsonObject): Readonly<Record<string, string>> {
  const attempt = Number(frame['retry_attempt'] ?? 0);
  if (attempt === 0) return {};
  const reason = textOf(frame['retry_reason']) ?? '';
  return { 'x-slack-retry-num': String(attempt), 'x-slack-retry-reason': RETRY_REASONS[reason] ?? reason };
}

/** A body that is no JSON is the text of a first answer. */
function ackOf(body: string): JsonObject {
  if (body === '') return {};
  const parsed = parseJson(body);
  return isObject(parsed) ? parsed : { text: body };
}
