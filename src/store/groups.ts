import type { GroupStore } from '../engine/policy/membership.ts';
import { GroupMembersRow, parseRow } from './rows.ts';
import type { Query, Transact } from './transact.ts';

/** Slack's user groups as they were read last. */
export function createGroupStore(query: Query, transact: Transact): GroupStore {
  return {
    all: () =>
      query(async (db) =>
        (await db.selectFrom('group_members').selectAll().execute()).map((row) =>
          parseRow(GroupMembersRow, row, 'group_members'),
        ),
      ),
    save: (group_id, members, at) =>
      transact(async (db) => {
        const values = { members: JSON.stringify(members), at };
        await db
          .insertInto('group_members')
          .values({ group_id, ...values })
          .onConflict((conflict) => conflict.column('group_id').doUpdateSet(values).where('group_members.at', '<=', at))
          .execute();
      }),
  };
}
