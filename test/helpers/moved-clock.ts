import { type Clock, systemClock } from '../../src/base/clock.ts';

/** A clock that a test can put forward. */
export interface MovedClock extends Clock {
  ahead(ms: number): void;
}

/** The machine's clock; putting it forward moves the time of day and the durations alike, but no sleep that began. */
export function createMovedClock(): MovedClock {
  let offsetMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + offsetMs,
    monotonicMs: () => systemClock.monotonicMs() + offsetMs,
    ahead: (ms) => {
      offsetMs += ms;
    },
  };
}
