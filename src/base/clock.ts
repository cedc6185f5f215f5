import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time: wall clock for records, monotonic clock for durations. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since an arbitrary start, never going back. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : undefined);
  },
};

/** An instant as ISO 8601 in UTC, the form in SQL, logs and JSON. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
