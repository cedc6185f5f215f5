import type { Clock } from '../../base/clock.ts';
import type { Args, Method } from './call.ts';

/**
 * What a method may be called: steadily per minute, and at once after a pause. The steady rates are Slack's
 * (docs.slack.dev/apis/web-api/rate-limits); Slack allows bursts without saying how large, so those are ours.
 */
const LIMITS: Readonly<Record<Method['tier'], { perMinute: number; burst: number }>> = {
  tier1: { perMinute: 1, burst: 10 },
  tier2: { perMinute: 20, burst: 10 },
  tier3: { perMinute: 50, burst: 20 },
  tier4: { perMinute: 100, burst: 40 },
  posting: { perMinute: 60, burst: 5 },
  special: { perMinute: 300, burst: 100 },
};

/** Counts calls against Slack's limits. */
export interface RateLimiter {
  /** Seconds to wait, a whole number, or undefined when the call may go on. */
  retryAfterS(name: string, method: Method, args: Args): number | undefined;
}

/** Token buckets per method; for posting, per channel. */
export function createRateLimiter(clock: Clock): RateLimiter {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    retryAfterS: (name, method, args) => {
      const limit = LIMITS[method.tier];
      const key = method.tier === 'posting' ? `${name}/${args.text('channel') ?? ''}` : name;
      const nowMs = clock.monotonicMs();
      const last = buckets.get(key) ?? { tokens: limit.burst, atMs: nowMs };
      const perMs = limit.perMinute / 60_000;
      const tokens = Math.min(limit.burst, last.tokens + (nowMs - last.atMs) * perMs);
      const allowed = tokens >= 1;
      buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, atMs: nowMs });
      return allowed ? undefined : Math.max(1, Math.ceil((1 - tokens) / perMs / 1000));
    },
  };
}
