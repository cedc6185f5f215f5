import { isProcessGone } from '../base/process-identity.ts';
import { LeaseLost } from '../engine/lease-lost.ts';
import type { Lease, LeaseStore } from '../engine/ports.ts';
import type { Transact } from './transact.ts';
import type { Executor } from './schema.ts';

/** Leases in one table; the transaction decides who gets one. */
export function createLeaseStore(transact: Transact): LeaseStore {
  return {
    acquire: (subject, owner, ttlMs, now) =>
      transact(async (db) => {
        const held = await db.selectFrom('leases').selectAll().where('subject', '=', subject).executeTakeFirst();
        if (held?.owner && held.expires_at > now && !isProcessGone(held.owner)) return undefined;
        const lease: Lease = { subject, owner, token: (held?.token ?? 0) + 1 };
        const values = { subject, owner, token: lease.token, expires_at: now + ttlMs };
        await db
          .insertInto('leases')
          .values(values)
          .onConflict((conflict) => conflict.column('subject').doUpdateSet(values))
          .execute();
        return lease;
      }),
    renew: (lease, ttlMs, now) =>
      transact(async (db) => {
        const result = await db
          .updateTable('leases')
          .set({ expires_at: now + ttlMs })
          .where('subject', '=', lease.subject)
          .where('token', '=', lease.token)
          .where('owner', '=', lease.owner)
          .executeTakeFirst();
        return result.numUpdatedRows > 0n;
      }),
    release: (lease) =>
      transact(async (db) => {
        await db
          .updateTable('leases')
          .set({ owner: null })
          .where('subject', '=', lease.subject)
          .where('token', '=', lease.token)
          .execute();
      }),
  };
}

/** Refuses a write of somebody who lost the lease: throws LeaseLost. */
export async function requireLease(db: Executor, lease: Lease): Promise<void> {
  const held = await db
    .selectFrom('leases')
    .select(['token', 'owner'])
    .where('subject', '=', lease.subject)
    .executeTakeFirst();
  if (held?.token !== lease.token || held.owner !== lease.owner) throw new LeaseLost(lease.subject);
}
