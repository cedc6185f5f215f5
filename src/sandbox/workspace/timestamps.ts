import type { Clock } from '../../base/clock.ts';

/** Gives out Slack's message timestamps: seconds, a dot, six digits; each later than the one before. */
export type Timestamps = () => string;

/** Timestamps from the wall clock, kept unique by their microseconds. */
export function createTimestamps(clock: Clock): Timestamps {
  let lastMicros = 0;
  return () => {
    lastMicros = Math.max(clock.now() * 1000, lastMicros + 1);
    const micros = Math.floor(lastMicros);
    return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
  };
}
