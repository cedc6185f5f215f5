import { type Clock, systemClock } from '../../src/base/clock.ts';

/** A clock on which everything passes `factor` times as fast as on the machine's, sleeps included. */
export function createFastClock(factor: number): Clock {
  const start = { now: systemClock.now(), monotonicMs: systemClock.monotonicMs() };
  return {
    now: () => Math.round(start.now + (systemClock.now() - start.now) * factor),
    monotonicMs: () => start.monotonicMs + (systemClock.monotonicMs() - start.monotonicMs) * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
