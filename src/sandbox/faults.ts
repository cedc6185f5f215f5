import type { Changes } from './changes.ts';

/** What goes wrong on purpose, so that people can see how the bot copes. Counts go down as they are used. */
export interface FaultState {
  /** Every envelope reaches the bot this much later; the person's 3 s run meanwhile. */
  readonly delayMs: number;
  /** The next envelopes are delivered, but their acks are lost. */
  readonly dropAcks: number;
  /** The next envelopes are delivered twice with the same envelope_id. */
  readonly duplicates: number;
  /** The next Web API calls are answered with 429. */
  readonly rateLimits: number;
  /** Seconds in the Retry-After of those answers. */
  readonly retryAfterS: number;
  /** The next Web API calls are carried out, but the connection breaks before the answer. */
  readonly dropAnswers: number;
}

/** A countable fault. */
type CountedFault = 'dropAcks' | 'duplicates' | 'rateLimits' | 'dropAnswers';

/** The faults in force. */
export interface Faults {
  readonly state: FaultState;
  set(change: Partial<FaultState>): void;
  /** True when one of the counted faults is due now; uses it up. */
  take(fault: CountedFault): boolean;
  clear(): void;
}

const NONE: FaultState = { delayMs: 0, dropAcks: 0, duplicates: 0, rateLimits: 0, retryAfterS: 3, dropAnswers: 0 };

/** No faults to begin with. */
export function createFaults(changes: Changes): Faults {
  let state = NONE;
  function replace(next: FaultState): void {
    state = next;
    changes.emit({ kind: 'workspace' });
  }
  return {
    get state() {
      return state;
    },
    set: (change) => replace({ ...state, ...change }),
    take: (fault) => {
      if (state[fault] <= 0) return false;
      replace({ ...state, [fault]: state[fault] - 1 });
      return true;
    },
    clear: () => replace(NONE),
  };
}
