import type { Clock } from '../base/clock.ts';
import type { Shown } from './live-client.ts';

/** When a message may be shown again, so that Slack's rates hold. */
export interface Pace {
  /** How long to wait; 0 = now. Urgent messages, such as a run's end, wait less than progress does. */
  waitMs(subject: string, options: { readonly urgent: boolean }): number;
  happened(subject: string, shown: Shown): void;
}

/** chat.update is Tier 3: about 50 a minute for all messages together (docs.slack.dev/apis/web-api/rate-limits). */
const PER_MINUTE = 45;
/** Calls that progress leaves for what is urgent. */
const KEPT_FOR_URGENT = 20;
const PROGRESS_GAP_MS = 3000;
const URGENT_GAP_MS = 700;

/** A pace over all messages of one workspace. */
export function createPace(clock: Clock): Pace {
  const last = new Map<string, number>();
  let tokens = PER_MINUTE;
  let filledAt = clock.monotonicMs();
  let pausedUntil = 0;

  const refill = (now: number): void => {
    tokens = Math.min(PER_MINUTE, tokens + ((now - filledAt) / 60_000) * PER_MINUTE);
    filledAt = now;
  };

  return {
    waitMs: (subject, { urgent }) => {
      const now = clock.monotonicMs();
      refill(now);
      const floor = urgent ? 1 : 1 + KEPT_FOR_URGENT;
      const forTokens = tokens >= floor ? 0 : ((floor - tokens) / PER_MINUTE) * 60_000;
      const gap = urgent ? URGENT_GAP_MS : PROGRESS_GAP_MS;
      const forGap = (last.get(subject) ?? Number.NEGATIVE_INFINITY) + gap - now;
      return Math.max(0, forTokens, forGap, pausedUntil - now);
    },
    happened: (subject, shown) => {
      const now = clock.monotonicMs();
      tokens -= 1;
      last.set(subject, now);
      if (shown.kind === 'later') pausedUntil = Math.max(pausedUntil, now + shown.afterMs);
    },
  };
}
