import type { ProposalId } from '../base/ids.ts';
import type { BrokenGlass, BrokenGlassStore, GlassReview } from '../engine/broken-glass.ts';
import type { Surface } from '../engine/model.ts';
import type { DecisionResult } from '../engine/decision-result.ts';
import { transition } from '../engine/transition.ts';
import { appendAudit } from './audit.ts';
import { whyRefused } from './decisions.ts';
import { findProposal, setState, viewOf } from './proposals.ts';
import { BrokenGlassRow, parseRow } from './rows.ts';
import { bumpRevision } from './runs.ts';
import type { Executor } from './schema.ts';
import type { Query, Transact } from './transact.ts';

/** Glass that was broken, and its reviews. */
export function createBrokenGlassStore(query: Query, transact: Transact): BrokenGlassStore {
  return {
    of: (id) => query((db) => findGlass(db, id)),
    record: (glass) => transact((db) => record(db, glass)),
    unreviewed: () =>
      query(async (db) => {
        const rows = await db
          .selectFrom('broken_glass')
          .selectAll()
          .where('reviewer', 'is', null)
          .orderBy('at')
          .execute();
        return rows.map((row) => parseRow(BrokenGlassRow, row, 'broken_glass'));
      }),
    close: (id, review, surface) => transact((db) => close(db, id, review, surface)),
  };
}

async function findGlass(db: Executor, id: ProposalId): Promise<BrokenGlass | undefined> {
  const row = await db.selectFrom('broken_glass').selectAll().where('proposal_id', '=', id).executeTakeFirst();
  return row && parseRow(BrokenGlassRow, row, 'broken_glass');
}

async function record(db: Executor, glass: Omit<BrokenGlass, 'review'>): Promise<DecisionResult> {
  const proposal = await findProposal(db, glass.proposal);
  if (!proposal) return { kind: 'refused', because: 'unknown', proposal: undefined };
  const because = whyRefused(proposal, glass);
  if (because) return { kind: 'refused', because, proposal };
  const { proposal: proposal_id, ...fields } = glass;
  await db
    .insertInto('broken_glass')
    .values({ proposal_id, ...fields, reviewer: null, note: null, reviewed_at: null })
    .execute();
  const { person, surface, at, digest, reason } = glass;
  const subject = `proposal:${proposal.id}`;
  await appendAudit(db, { event: 'glass.broken', actor: person, surface, subject, at, body: { digest, reason } });
  const after = transition(await viewOf(db, proposal), { type: 'proposal.approved' });
  await setState(db, proposal, after.state, null);
  await bumpRevision(db, proposal.runId);
  return { kind: 'recorded', proposal: (await findProposal(db, proposal.id)) ?? proposal, approvals: 0 };
}

async function close(
  db: Executor,
  id: ProposalId,
  review: GlassReview,
  surface: Surface,
): Promise<BrokenGlass | undefined> {
  const { person, note, at } = review;
  const result = await db
    .updateTable('broken_glass')
    .set({ reviewer: person, note, reviewed_at: at })
    .where('proposal_id', '=', id)
    .where('reviewer', 'is', null)
    .where('person', '!=', person)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return undefined;
  await appendAudit(db, {
    event: 'review.closed',
    actor: person,
    surface,
    subject: `proposal:${id}`,
    at,
    body: { note },
  });
  const proposal = await findProposal(db, id);
  if (proposal) await bumpRevision(db, proposal.runId);
  return findGlass(db, id);
}
