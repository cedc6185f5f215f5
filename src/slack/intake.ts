import { type Receiver, webApi } from '@slack/bolt';
import type { Condition } from '../base/condition.ts';
import { messageOf, OperatorError } from '../base/error.ts';

/** What brings Slack's deliveries to the bot. */
export interface Intake {
  /** For Bolt's App, which puts itself into it; the intake starts and stops by its own. */
  readonly receiver: Receiver;
  /** Takes what is needed on this machine, before Slack is asked for anything. Throws config/port-in-use. */
  prepare(): Promise<void>;
  /** Resolves when deliveries can arrive, however long that takes. Throws config/invalid when Slack refuses the app. */
  open(): Promise<void>;
  /** From now on takes no new delivery; answers to those that were taken still go out. */
  stop(): Promise<void>;
  /** Lets go of everything. */
  close(): Promise<void>;
  condition(): Condition;
}

/** What Bolt wants of a receiver; only an intake starts and stops itself. */
export function passiveReceiver(init: Receiver['init']): Receiver {
  return { init, start: async () => {}, stop: async () => {} };
}

/** Whether Slack was reached and said no; anything else may pass by itself. */
export function isRefusal(error: unknown): boolean {
  return error instanceof webApi.WebAPIPlatformError && !PASSING.includes(error.data.error);
}

/** Slack's own failures, in its words (docs.slack.dev/reference/methods/auth.test, "Errors"). */
const PASSING: readonly string[] = [
  'fatal_error',
  'internal_error',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
];

/** A refusal of Slack's as something that an operator can act on. */
export function refusedToken(which: 'bot' | 'app', cause: unknown): OperatorError {
  const reason = cause instanceof webApi.WebAPIPlatformError ? cause.data.error : messageOf(cause);
  return new OperatorError('config/invalid', {
    message: `Slack refuses the ${which} token: ${reason}`,
    hint: 'Check slack.bot_token (xoxb-…), slack.app_token (xapp-…, scope connections:write) and that the app is installed; "countersign slack check" looks at all of it.',
    cause,
  });
}

/** How long to wait before the next try after so many failures in a row; never sooner than Slack asks for. */
export function pauseMs(failures: number, error: unknown): number {
  const growing = Math.min(MOST_PAUSE_MS, FIRST_PAUSE_MS * 1.6 ** (failures - 1));
  const asked = error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter * 1000 : 0;
  return Math.max(growing, asked);
}

const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 15_000;
