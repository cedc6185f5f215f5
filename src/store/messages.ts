import type { Selectable } from 'kysely';
import { asProposalId, asRunId, type ProposalId, type RunId } from '../base/ids.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { Executor, Tables } from './schema.ts';
import type { Query, Transact } from './transact.ts';

/** Slack repeats what was not acknowledged within minutes (docs.slack.dev/apis/events-api); a day is far beyond that. */
const REMEMBERED_MS = 86_400_000;

/** Slack messages that show stored state, and which deliveries were seen. */
export function createMessageStore(query: Query, transact: Transact): MessageStore {
  return {
    reserve: (subject, channel) =>
      transact(async (db) => {
        const result = await db
          .insertInto('messages')
          .values({ subject, channel, ts: null })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
      }),
    posted: (subject, channel, ts, revision) =>
      transact(async (db) => {
        await db
          .updateTable('messages')
          .set({ channel, ts, rendered_revision: revision })
          .where('subject', '=', subject)
          .execute();
      }),
    rendered: (subject, _channel, revision) =>
      transact(async (db) => {
        await db
          .updateTable('messages')
          .set({ rendered_revision: revision })
          .where('subject', '=', subject)
          .where('rendered_revision', '<', revision)
          .execute();
      }),
    find: (subject) =>
      query(async (db) => {
        const row = await db.selectFrom('messages').selectAll().where('subject', '=', subject).executeTakeFirst();
        return row && recordOf(row);
      }),
    subjectAt: (channel, ts) =>
      query(async (db) => {
        const at = db.selectFrom('messages').select('subject').where('ts', '=', ts).where('channel', '=', channel);
        return (await at.orderBy('subject').executeTakeFirst())?.subject;
      }),
    behind: (prefix, revision, limit) => query((db) => selectBehind(db, prefix, revision, limit)),
    outdated: (limit) => query((db) => outdatedRuns(db, limit)),
    outdatedGlass: (limit) => query((db) => outdatedGlass(db, limit)),
    claim: (key, at) =>
      transact(async (db) => {
        await db
          .deleteFrom('deliveries')
          .where('at', '<', at - REMEMBERED_MS)
          .execute();
        const result = await db
          .insertInto('deliveries')
          .values({ key, at })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
      }),
  };
}

/** A row as the domain knows it. */
function recordOf({ subject, channel, ts, rendered_revision }: Selectable<Tables['messages']>) {
  return { subject, channel, ts, renderedRevision: rendered_revision };
}

async function selectBehind(db: Executor, prefix: string, revision: number, limit: number) {
  const rows = await db
    .selectFrom('messages')
    .selectAll()
    .where('subject', '>=', prefix)
    .where('subject', '<', `${prefix}\u{10ffff}`)
    .where('rendered_revision', '<', revision)
    .orderBy('subject')
    .limit(limit)
    .execute();
  return rows.map(recordOf);
}

async function outdatedRuns(db: Executor, limit: number): Promise<RunId[]> {
  const rows = await db
    .selectFrom('runs')
    .leftJoin('messages', (join) =>
      join.on((on) => on('messages.subject', '=', on.fn<string>('concat', [on.val('run:'), 'runs.id']))),
    )
    .select('runs.id')
    .where('runs.surface', '=', 'slack')
    .where((where) =>
      where.or([
        where('messages.subject', 'is', null),
        where('messages.rendered_revision', '<', where.ref('runs.revision')),
      ]),
    )
    .orderBy('runs.id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => asRunId(id));
}

/** The first revision of broken glass is that it was broken, the second that its review is closed. */
async function outdatedGlass(db: Executor, limit: number): Promise<ProposalId[]> {
  const rows = await db
    .selectFrom('broken_glass')
    .leftJoin('messages', (join) =>
      join.on((on) =>
        on('messages.subject', '=', on.fn<string>('concat', [on.val('break-glass:'), 'broken_glass.proposal_id'])),
      ),
    )
    .select('broken_glass.proposal_id')
    .where((where) =>
      where.or([
        where('messages.rendered_revision', 'is', null),
        where('messages.rendered_revision', '<', 1),
        where.and([where('messages.rendered_revision', '<', 2), where('broken_glass.reviewer', 'is not', null)]),
      ]),
    )
    .orderBy('broken_glass.at')
    .limit(limit)
    .execute();
  return rows.map(({ proposal_id }) => asProposalId(proposal_id));
}
