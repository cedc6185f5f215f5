import { type Chance, type Chaos, createChance } from './chance.ts';
import type { Changes } from './changes.ts';

/** What goes wrong on purpose, so that people can see how the bot copes. Counts go down as they are used. */
export interface FaultState {
  /** Every envelope reaches the bot this much later; the person's 3 s run meanwhile. */
  readonly delayMs: number;
  /** The next envelopes never reach the bot. */
  readonly dropDeliveries: number;
  /** The next envelopes are delivered, but their acks are lost. */
  readonly dropAcks: number;
  /** The next envelopes are delivered twice with the same envelope_id. */
  readonly duplicates: number;
  /** The next Web API calls are answered with 429. */
  readonly rateLimits: number;
  /** Seconds in the Retry-After of those answers. */
  readonly retryAfterS: number;
  /** The next Web API calls are answered with `errorStatus`. */
  readonly serverErrors: number;
  readonly errorStatus: 500 | 503;
  /** Whether the calls that are answered with `errorStatus` are carried out all the same. */
  readonly errorsCarriedOut: boolean;
  /** The next Web API calls are carried out, but the connection breaks before the answer. */
  readonly dropAnswers: number;
  /** Trouble at random besides all that. */
  readonly chaos: Chaos | null;
}

/** What is going to happen to one envelope. */
export interface DeliveryFate {
  readonly delayMs: number;
  readonly lost: boolean;
  readonly ackLost: boolean;
  readonly twice: boolean;
  /** The socket that got it breaks right afterwards. */
  readonly cut: boolean;
}

/** What is going to happen to one call of the Web API. */
type CallFate =
  | { readonly kind: 'answered' }
  | { readonly kind: 'limited'; readonly retryAfterS: number }
  | { readonly kind: 'failed'; readonly status: 500 | 503; readonly carriedOut: boolean }
  | { readonly kind: 'unanswered' };

/** The faults in force. */
export interface Faults {
  readonly state: FaultState;
  /** How often each fault has happened, by its name. */
  readonly happened: Readonly<Record<string, number>>;
  set(change: Partial<FaultState>): void;
  /** Decides about the next envelope, and uses counted faults up. */
  forDelivery(): DeliveryFate;
  /** Decides about the next call, and uses counted faults up. */
  forCall(): CallFate;
  /** No faults from now on; what happened stays counted. */
  clear(): void;
}

type CountedFault = 'dropDeliveries' | 'dropAcks' | 'duplicates' | 'rateLimits' | 'serverErrors' | 'dropAnswers';

const NONE: FaultState = {
  delayMs: 0,
  dropDeliveries: 0,
  dropAcks: 0,
  duplicates: 0,
  rateLimits: 0,
  retryAfterS: 3,
  serverErrors: 0,
  errorStatus: 503,
  errorsCarriedOut: false,
  dropAnswers: 0,
  chaos: null,
};

const DELIVERY_TROUBLE = ['late', 'dropDeliveries', 'dropAcks', 'duplicates', 'cut'] as const;
const CALL_TROUBLE = ['rateLimits', 'errorBefore', 'errorAfter', 'dropAnswers'] as const;

/** No faults to begin with. */
export function createFaults(changes: Changes): Faults {
  const happened: Record<string, number> = {};
  let state = NONE;
  let chance: Chance | undefined;
  function replace(next: FaultState): void {
    if (next.chaos !== state.chaos) chance = next.chaos === null ? undefined : createChance(next.chaos.seed);
    state = next;
    changes.emit({ kind: 'workspace' });
  }
  function note(fault: string): void {
    happened[fault] = (happened[fault] ?? 0) + 1;
  }
  function take(fault: CountedFault): boolean {
    if (state[fault] <= 0) return false;
    replace({ ...state, [fault]: state[fault] - 1 });
    return true;
  }
  function drawn<T extends string>(troubles: readonly [T, ...T[]]): T | undefined {
    if (chance === undefined || chance.next() >= (state.chaos?.chance ?? 0)) return undefined;
    return chance.pick(troubles);
  }
  return {
    get state() {
      return state;
    },
    happened,
    set: (change) => replace({ ...state, ...change }),
    forDelivery: () => {
      const trouble = drawn(DELIVERY_TROUBLE);
      const late = trouble === 'late' ? Math.round((chance?.next() ?? 0) * (state.chaos?.maxDelayMs ?? 0)) : 0;
      const fate = {
        delayMs: state.delayMs + late,
        lost: take('dropDeliveries') || trouble === 'dropDeliveries',
        ackLost: take('dropAcks') || trouble === 'dropAcks',
        twice: take('duplicates') || trouble === 'duplicates',
        cut: trouble === 'cut',
      };
      for (const [name, met] of Object.entries({ ...fate, delayMs: fate.delayMs > 0 })) if (met) note(name);
      return fate;
    },
    forCall: () => {
      const fate = callFate(state, take, drawn(CALL_TROUBLE));
      if (fate.kind !== 'answered') note(fate.kind);
      return fate;
    },
    clear: () => replace(NONE),
  };
}

function callFate(
  state: FaultState,
  take: (fault: CountedFault) => boolean,
  trouble: (typeof CALL_TROUBLE)[number] | undefined,
): CallFate {
  const { retryAfterS, errorStatus: status, errorsCarriedOut } = state;
  if (take('rateLimits') || trouble === 'rateLimits') return { kind: 'limited', retryAfterS };
  if (take('serverErrors')) return { kind: 'failed', status, carriedOut: errorsCarriedOut };
  if (trouble === 'errorBefore' || trouble === 'errorAfter') {
    return { kind: 'failed', status, carriedOut: trouble === 'errorAfter' };
  }
  if (take('dropAnswers') || trouble === 'dropAnswers') return { kind: 'unanswered' };
  return { kind: 'answered' };
}
