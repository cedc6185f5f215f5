import { OperatorError } from '../base/error.ts';
import { asProposalId, type HostName, type ProposalId } from '../base/ids.ts';
import type { UndoRequest, Proposal } from '../engine/model.ts';
import type { AttemptPatch, AuditEntry, ChangeStore, Lease } from '../engine/ports.ts';
import type { ChangeView } from '../engine/change.ts';
import { type AttemptState, WORKING_STATES } from '../engine/state.ts';
import { canLook, canUndo, transition } from '../engine/transition.ts';
import { appendAudit } from './audit.ts';
import { decide } from './decisions.ts';
import { requireLease } from './leases.ts';
import {
  approvalsOf,
  attemptsOf,
  findProposal,
  proposalsOfRun,
  setState,
  undoRequestsOf,
  viewOf,
} from './proposals.ts';
import { parseRow, ProposalRow } from './rows.ts';
import { bumpRevision } from './runs.ts';
import type { Executor } from './schema.ts';
import type { Query, Transact } from './transact.ts';

/** Attempts in these states may be touching their host right now, or its numbers are being compared. */
const TOUCHING: readonly AttemptState[] = [
  'intended',
  'looking',
  'applied',
  'signalled',
  'missed',
  'harmful',
  'confirmed',
  'undo_intended',
];
/** Attempts enter these states right before their host is touched. */
const BEGINNING: readonly AttemptState[] = ['intended', 'looking', 'undo_intended'];

/** Proposals and what people and hosts did with them. */
export function createChangeStore(query: Query, transact: Transact): ChangeStore {
  return {
    find: (id) => query((db) => findProposal(db, id)),
    ofRun: (id) => query((db) => proposalsOfRun(db, id)),
    attempts: (id) => query((db) => attemptsOf(db, id)),
    approvals: (id) => query((db) => approvalsOf(db, id)),
    undoRequests: (id) => query((db) => undoRequestsOf(db, id)),
    working: () => query(findWorking),
    decide: (approval) => transact((db) => decide(db, approval)),
    requestUndo: (request) => transact((db) => requestUndo(db, request)),
    requestLook: (id, audit) => transact((db) => requestLook(db, id, audit)),
    advance: (id, move, patch, lease, at) => transact((db) => advance(db, { id, move, patch, lease, at })),
    expire: (now) => transact((db) => expire(db, now)),
    busyHost: (host, except) => query((db) => findBusy(db, host, except)),
  };
}

/** Those at work on a host come first: their host takes the change back unless it is confirmed in time. */
async function findWorking(db: Executor): Promise<ProposalId[]> {
  const rows = await db
    .selectFrom('proposals')
    .select('id')
    .where('state', 'in', [...WORKING_STATES])
    .orderBy('created_at')
    .execute();
  const touching = await db
    .selectFrom('attempts')
    .select('proposal_id')
    .distinct()
    .where('state', 'in', [...TOUCHING])
    .execute();
  const urgent = new Set(touching.map(({ proposal_id }) => proposal_id));
  const first = rows.filter(({ id }) => urgent.has(id));
  return [...first, ...rows.filter(({ id }) => !urgent.has(id))].map(({ id }) => asProposalId(id));
}

async function findBusy(db: Executor, host: HostName, except: ProposalId): Promise<ProposalId | undefined> {
  const row = await db
    .selectFrom('attempts')
    .innerJoin('proposals', 'proposals.id', 'attempts.proposal_id')
    .select('proposals.id')
    .where('attempts.host', '=', host)
    .where('attempts.state', 'in', [...TOUCHING])
    .where('proposals.state', 'in', [...WORKING_STATES])
    .where('proposals.id', '!=', except)
    .executeTakeFirst();
  return row && asProposalId(row.id);
}

/** One change at a time on a host: refuses to begin on a host that another one is at work on. */
async function requireFreeHosts(db: Executor, id: ProposalId, before: ChangeView, after: ChangeView): Promise<void> {
  for (const { host, state } of after.attempts) {
    const begins = BEGINNING.includes(state) && before.attempts.some((old) => old.host === host && old.state !== state);
    const busy = begins ? await findBusy(db, host, id) : undefined;
    if (busy === undefined) continue;
    throw new OperatorError('state/host-busy', {
      message: `${busy} is at work on ${host}`,
      hint: 'Ask again when it has ended.',
    });
  }
}

async function requestUndo(db: Executor, request: UndoRequest): Promise<Proposal | undefined> {
  const proposal = await findProposal(db, request.proposal);
  if (!proposal) return undefined;
  const before = await viewOf(db, proposal);
  if (!canUndo(before)) return undefined;
  const { proposal: proposal_id, ...fields } = request;
  await db
    .insertInto('undo_requests')
    .values({ proposal_id, ...fields })
    .execute();
  const after = transition(before, { type: 'undo.requested' });
  await requireFreeHosts(db, proposal.id, before, after);
  await setState(db, proposal, after.state, null);
  await setAttempts(db, proposal.id, before, after, request.at);
  const { person, surface, reason, at } = request;
  await appendAudit(db, {
    event: 'undo.requested',
    actor: person,
    surface,
    subject: `proposal:${proposal.id}`,
    at,
    body: { reason },
  });
  await bumpRevision(db, proposal.runId);
  return findProposal(db, proposal.id);
}

async function requestLook(db: Executor, id: ProposalId, audit: AuditEntry): Promise<Proposal | undefined> {
  const proposal = await findProposal(db, id);
  if (!proposal) return undefined;
  const before = await viewOf(db, proposal);
  if (!canLook(before)) return undefined;
  const after = transition(before, { type: 'look.requested' });
  await requireFreeHosts(db, id, before, after);
  await setState(db, proposal, after.state, null);
  await setAttempts(db, id, before, after, audit.at);
  await appendAudit(db, audit);
  await bumpRevision(db, proposal.runId);
  return findProposal(db, id);
}

interface Advance {
  readonly id: ProposalId;
  readonly move: (change: ChangeView) => ChangeView;
  readonly patch: AttemptPatch;
  readonly lease: Lease;
  readonly at: number;
}

async function advance(db: Executor, { id, move, patch, lease, at }: Advance): Promise<ChangeView> {
  await requireLease(db, lease);
  const proposal = await findProposal(db, id);
  if (!proposal) throw new Error(`there is no proposal ${id}`);
  const before = await viewOf(db, proposal);
  const after = move(before);
  await requireFreeHosts(db, id, before, after);
  if (after.state !== before.state) await setState(db, proposal, after.state, null);
  await setAttempts(db, id, before, after, at);
  await patchAttempt(db, id, patch);
  const moved = after.attempts.filter(({ host, state }) =>
    before.attempts.some((old) => old.host === host && old.state !== state),
  );
  const entry: AuditEntry = {
    event: after.state === before.state ? 'attempt.moved' : `change.${after.state}`,
    actor: 'countersign',
    surface: 'engine',
    subject: `proposal:${id}`,
    at,
    body: {
      attempts: moved.map(({ host, state }) => ({ host, state })),
      detail: patch.detail ?? null,
      statements: patch.statements ?? [],
    },
  };
  await appendAudit(db, entry);
  await bumpRevision(db, proposal.runId);
  return after;
}

async function setAttempts(
  db: Executor,
  id: ProposalId,
  before: ChangeView,
  after: ChangeView,
  at: number,
): Promise<void> {
  for (const { host, state } of after.attempts) {
    const old = before.attempts.find((attempt) => attempt.host === host)?.state;
    if (old === undefined || old === state) continue;
    await db
      .updateTable('attempts')
      .set({ state, updated_at: at, ...(state === 'applied' ? { applied_at: at } : {}) })
      .where('proposal_id', '=', id)
      .where('host', '=', host)
      .where('state', '=', old)
      .execute();
  }
}

async function patchAttempt(
  db: Executor,
  id: ProposalId,
  { host, detail, before, statements }: AttemptPatch,
): Promise<void> {
  const values = {
    ...(detail === undefined ? {} : { detail }),
    ...(before === undefined ? {} : { before_facts: JSON.stringify(before) }),
    ...(statements === undefined ? {} : { statements: JSON.stringify(statements) }),
  };
  if (Object.keys(values).length === 0) return;
  await db.updateTable('attempts').set(values).where('proposal_id', '=', id).where('host', '=', host).execute();
}

async function expire(db: Executor, now: number): Promise<ProposalId[]> {
  const rows = await db
    .selectFrom('proposals')
    .selectAll()
    .where('state', '=', 'open')
    .where('expires_at', '<=', now)
    .execute();
  for (const row of rows) {
    const proposal = parseRow(ProposalRow, row, 'proposals');
    await setState(db, proposal, 'expired', null);
    await appendAudit(db, {
      event: 'proposal.expired',
      actor: 'countersign',
      surface: 'engine',
      subject: `proposal:${proposal.id}`,
      at: now,
      body: {},
    });
    await bumpRevision(db, proposal.runId);
  }
  return rows.map(({ id }) => asProposalId(id));
}
