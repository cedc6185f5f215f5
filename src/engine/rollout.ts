import type { HostName } from '../base/ids.ts';
import type { Remedy } from '../remedies/remedy.ts';

/** How many hosts a batch brings the change to, the ones before it counted in. */
export type BatchSize = { readonly hosts: number } | { readonly percent: number };

/** One host, then a tenth, then half, then all. */
export const DEFAULT_BATCHES: readonly BatchSize[] = [{ hosts: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }];

/** Hosts in the order of the plan, cut into batches; sizes that bring in no further host make no batch, and nobody is left out. */
export function batchesOf(hosts: readonly HostName[], sizes: readonly BatchSize[]): HostName[][] {
  const batches: HostName[][] = [];
  let done = 0;
  for (const size of [...sizes, { percent: 100 }]) {
    const upTo = 'hosts' in size ? size.hosts : Math.floor((hosts.length * size.percent) / 100);
    if (upTo <= done) continue;
    batches.push(hosts.slice(done, upTo));
    done = Math.min(upTo, hosts.length);
    if (done === hosts.length) break;
  }
  return batches;
}

/** Which of two rollouts to the same hosts is more cautious, negative = the first: more steps, or as many that begin with fewer hosts. */
export function compareCaution(a: readonly (readonly HostName[])[], b: readonly (readonly HostName[])[]): number {
  return b.length - a.length || (a[0]?.length ?? 0) - (b[0]?.length ?? 0);
}

/** The time that a host leaves for confirmation after the fast signal is taken, at least. */
const CONFIRM_SLACK_MS = 60_000;

/** The shortest time within which a remedy's change can be asked to be confirmed, in milliseconds. */
export function leastConfirmWithinMs({ proofs: [fast] }: Pick<Remedy, 'proofs'>): number {
  return fast.afterMs + CONFIRM_SLACK_MS;
}
