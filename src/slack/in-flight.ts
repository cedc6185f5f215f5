import type { Clock } from '../base/clock.ts';

/** Work that was begun for deliveries; Bolt's stop waits for nothing, so this does. */
export interface InFlight {
  track(work: () => Promise<void>): Promise<void>;
  /** Resolves when all is done, or after `deadlineMs`; true = all was done. */
  drain(deadlineMs: number): Promise<boolean>;
}

/** A tracker of begun work. */
export function createInFlight(clock: Clock): InFlight {
  const running = new Set<Promise<void>>();
  return {
    track: async (work) => {
      const done = work();
      running.add(done);
      try {
        await done;
      } finally {
        running.delete(done);
      }
    },
    drain: async (deadlineMs) => {
      const waiting = new AbortController();
      const late = clock.sleep(deadlineMs, waiting.signal).then(
        () => false,
        () => false,
      );
      const done = untilNone(running).then(() => true);
      const result = await Promise.race([done, late]);
      waiting.abort();
      return result;
    },
  };
}

/** Also what begins while the rest is waited for. */
async function untilNone(running: ReadonlySet<Promise<void>>): Promise<void> {
  while (running.size > 0) await Promise.allSettled(running);
}
