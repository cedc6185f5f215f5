import type { Clock } from '../base/clock.ts';
import type { Shown } from './live-client.ts';

/** How something is shown: `progress` leaves room for what is `urgent`, such as a run's end; `post` is a new message. */
export type Showing = 'post' | 'urgent' | 'progress';

/** When a message may be shown again, so that Slack's rates hold. */
export interface Pace {
  /** How long to wait; 0 = now. `about` is a message's subject, or the channel of a post. */
  waitMs(about: string, how: Showing): number;
  /** The same, and with 0 the turn is taken: of many that ask at once each has to get its own. */
  take(about: string, how: Showing): number;
  /** Takes in what Slack answered. */
  answered(shown: Shown): void;
}

/**
 * chat.update is Tier 3, about 50 a minute for all messages together (docs.slack.dev/apis/web-api/rate-limits): a full
 * bucket and what flows in during a minute are 50.
 */
const UPDATES = { perMinute: 35, burst: 15 };
/** chat.postMessage: about one a second in each channel, with short bursts (same page). */
const POSTS = { perMinute: 55, burst: 4 };
/** Updates that progress leaves for what is urgent. */
const KEPT_FOR_URGENT = 6;
const GAP_MS = { post: 0, urgent: 700, progress: 3000 } as const;
const MINUTE_MS = 60_000;

/** A pace over all messages of one workspace. */
export function createPace(clock: Clock): Pace {
  const updates = createBucket(UPDATES, clock.monotonicMs());
  const posts = new Map<string, Bucket>();
  const last = new Map<string, number>();
  let pausedUntil = 0;
  const bucketOf = (about: string, how: Showing): Bucket =>
    how === 'post' ? (posts.get(about) ?? createBucket(POSTS, clock.monotonicMs())) : updates;

  const waitMs = (about: string, how: Showing): number => {
    const now = clock.monotonicMs();
    const needed = how === 'progress' ? 1 + KEPT_FOR_URGENT : 1;
    const forGap = (last.get(about) ?? Number.NEGATIVE_INFINITY) + GAP_MS[how] - now;
    return Math.max(0, bucketOf(about, how).waitMs(needed, now), forGap, pausedUntil - now);
  };

  return {
    waitMs,
    take: (about, how) => {
      const wait = waitMs(about, how);
      if (wait > 0) return wait;
      const now = clock.monotonicMs();
      const bucket = bucketOf(about, how);
      bucket.take(now);
      if (how === 'post') posts.set(about, bucket);
      else last.set(about, now);
      forgetOld(last, now);
      return 0;
    },
    answered: (shown) => {
      if (shown.kind === 'later') pausedUntil = Math.max(pausedUntil, clock.monotonicMs() + shown.afterMs);
    },
  };
}

interface Bucket {
  waitMs(tokens: number, now: number): number;
  take(now: number): void;
}

function createBucket(
  { perMinute, burst }: { readonly perMinute: number; readonly burst: number },
  start: number,
): Bucket {
  let tokens = burst;
  let filledAt = start;
  const fill = (now: number): void => {
    tokens = Math.min(burst, tokens + ((now - filledAt) / MINUTE_MS) * perMinute);
    filledAt = now;
  };
  return {
    waitMs: (wanted, now) => {
      fill(now);
      return tokens >= wanted ? 0 : Math.ceil(((wanted - tokens) / perMinute) * MINUTE_MS);
    },
    take: (now) => {
      fill(now);
      tokens -= 1;
    },
  };
}

function forgetOld(last: Map<string, number>, now: number): void {
  for (const [about, at] of last) if (at + GAP_MS.progress < now) last.delete(about);
}
