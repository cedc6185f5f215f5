import type { Clock } from '../../src/base/clock.ts';
import { createDice, type Dice } from './dice.ts';
import type { SandboxClient } from './sandbox.ts';

/** What Slack did wrong and how often. */
export type Mischief = ReadonlyMap<string, number>;

const FAULTS: readonly [Trouble, ...Trouble[]] = [
  { name: 'acks lost', set: (dice) => ({ dropAcks: 1 + dice.below(2) }) },
  { name: 'deliveries dropped', set: (dice) => ({ dropDeliveries: 1 + dice.below(2) }) },
  { name: 'deliveries doubled', set: (dice) => ({ duplicates: 1 + dice.below(4) }) },
  { name: 'deliveries delayed', set: (dice) => ({ delayMs: 100 + dice.below(1500) }) },
  { name: 'deliveries in time again', set: () => ({ delayMs: 0 }) },
  { name: 'calls limited', set: (dice) => ({ rateLimits: 1 + dice.below(3), retryAfterS: 1 }) },
  { name: 'answers lost', set: (dice) => ({ dropAnswers: 1 + dice.below(2) }) },
];

interface Trouble {
  readonly name: string;
  set(dice: Dice): Readonly<Record<string, number>>;
}

/** Makes a sandbox misbehave at random, as the seed says, until `done`; then it behaves again. Resolves with what it did. */
export async function misbehave(
  people: SandboxClient,
  { clock, seed, done }: { readonly clock: Clock; readonly seed: number; readonly done: AbortSignal },
): Promise<Mischief> {
  const dice = createDice(seed);
  const did = new Map<string, number>();
  const count = (what: string): void => void did.set(what, (did.get(what) ?? 0) + 1);
  // The client is away for five seconds of the machine's own after a cut, however fast the clock, so cuts are seldom.
  for (let turn = 1; !done.aborted; turn++) {
    await clock.sleep(2000 + dice.below(10_000), done).catch(() => {});
    if (turn % 20 === 0) {
      const which = turn % 40 === 0 ? 'all' : 'one';
      await people.act('disconnect', { reason: dice.pick(['warning', 'refresh_requested']), which });
      count(`sockets cut: ${which}`);
      continue;
    }
    const trouble = dice.pick(FAULTS);
    await people.act('fault', trouble.set(dice));
    count(trouble.name);
  }
  await people.act('fault', { clear: true });
  return did;
}
