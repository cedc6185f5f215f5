import type { HostName } from '../../src/base/ids.ts';
import type { ChangeEvent, ChangeView, Rollout } from '../../src/engine/change.ts';
import { batchesOf } from '../../src/engine/rollout.ts';
import type { AttemptState } from '../../src/engine/state.ts';
import { transition } from '../../src/engine/transition.ts';
import { hostsOf } from './change.ts';

/** What of a rollout decides about single hosts. */
export type Terms = Pick<Rollout, 'unproven' | 'slowProof'>;

/** An open change on so many hosts, the first of them the canary. */
export function opened(count: number, terms: Terms = { unproven: 'keep', slowProof: true }): ChangeView {
  const hosts = hostsOf(count);
  const batches = batchesOf(hosts, [{ hosts: 1 }, { percent: 50 }, { percent: 100 }]);
  return { state: 'open', attempts: hosts.map((host) => ({ host, state: 'pending' })), rollout: { batches, ...terms } };
}

/** The states of its hosts, in order. */
export function statesOf(change: ChangeView): AttemptState[] {
  return change.attempts.map(({ state }) => state);
}

/** Brings a host of an approved change to `proven`. */
export function provenOn(change: ChangeView, host: HostName): ChangeView {
  const events: ChangeEvent[] = [
    { type: 'facts.reread', host, result: 'same' },
    { type: 'attempt.reported', host, report: 'done' },
    { type: 'attempt.signalled', host, outcome: 'proven' },
    { type: 'attempt.confirmed', host, report: 'confirmed' },
    { type: 'attempt.judged', host, outcome: 'proven' },
  ];
  return events.reduce(transition, change);
}
