import type { Clock } from '../base/clock.ts';
import type { Store } from '../engine/ports.ts';
import type { HealthPart } from './health.ts';

/** Whether the database answers a query. */
export function storeAnswers({ audit }: Store): HealthPart {
  return {
    name: 'database',
    condition: async () => {
      await audit.head();
      return { ok: true, words: 'it answers' };
    },
  };
}

/** Whether the database takes writes, by one that changes nothing for anybody: a lease that has run out already. */
export function storeTakesWrites({ leases }: Store, owner: string, clock: Clock): HealthPart {
  return {
    name: 'database writes',
    condition: async () => {
      await leases.acquire('readiness', owner, 0, clock.now());
      return { ok: true, words: 'they are taken' };
    },
  };
}
