/** Random trouble that a seed repeats. */
export interface Chaos {
  /** The same seed makes the same trouble for the same order of deliveries and calls. */
  readonly seed: number;
  /** From 0 to 1: how often a delivery or a call meets trouble. */
  readonly chance: number;
  /** The longest delay of a delivery that comes late, in ms. */
  readonly maxDelayMs: number;
}

/** Numbers that look random, the same ones for the same seed. */
export interface Chance {
  /** From 0 to below 1. */
  next(): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** Chance of a seed: a 32-bit linear congruential generator (Numerical Recipes, 2nd edition, 7.1), its upper bits used. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  function next(): number {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  }
  return { next, pick: (from) => from[Math.floor(next() * from.length)] ?? from[0] };
}
