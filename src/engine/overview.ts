import type { Inventory } from '../inventory/inventory.ts';
import type { BrokenGlass } from './broken-glass.ts';
import type { Proposal, Run, RunHost } from './model.ts';
import type { Cut, TroubledHost } from './overview-store.ts';
import type { Store } from './ports.ts';
import type { ChangeState } from './state.ts';
import { loadProposalView, type ProposalView } from './view.ts';

/** A run whose hosts are being asked. */
export interface RunningRun {
  readonly run: Run;
  readonly hosts: readonly RunHost[];
}

/** What is under way, what waits for people, what came of changes, and which hosts are in trouble. */
export interface Overview {
  /** Oldest first. */
  readonly running: Cut<RunningRun>;
  /** Being applied or undone. */
  readonly working: Cut<ProposalView>;
  /** Open, those that expire first before the others; never cut by who may decide them. */
  readonly open: readonly ProposalView[];
  /** A person has to look: an outcome is not known, or an undo did not work. */
  readonly stuck: Cut<ProposalView>;
  /** Changes that came to an end, latest first. */
  readonly ended: Cut<ProposalView>;
  /** Broken glass that nobody reviewed, oldest first. */
  readonly reviews: Cut<BrokenGlass>;
  /** Latest trouble first. */
  readonly troubled: Cut<TroubledHost>;
}

const SHOWN = 10;
/** So many open proposals are looked through for those that wait for one person. */
const OPEN = 200;
/** What was wrong with a host longer ago is history. */
const TROUBLE_MS = 7 * 86_400_000;

/** The overview of a store, of hosts that are in the inventory. */
export async function loadOverview(store: Store, inventory: Inventory, now: number): Promise<Overview> {
  const changes = async (states: readonly ChangeState[]): Promise<Cut<ProposalView>> =>
    viewed(store, await store.overview.proposals({ states, order: 'latest', limit: SHOWN }));
  const open = await store.overview.proposals({ states: ['open'], order: 'expiry', limit: OPEN });
  const known = new Set(inventory.hosts.map(({ name }) => name));
  const troubled = await store.overview.troubled(now - TROUBLE_MS);
  return {
    running: await running(store),
    working: await changes(['applying', 'undoing']),
    open: (await viewed(store, open)).first,
    stuck: await changes(['needs_human', 'undo_failed']),
    ended: await changes(['proven', 'not_proven', 'reverted', 'stale', 'failed', 'undone']),
    reviews: cut(await store.brokenGlass.unreviewed()),
    troubled: cut(troubled.filter(({ host }) => known.has(host))),
  };
}

async function running(store: Store): Promise<Cut<RunningRun>> {
  const { first, total } = cut(await store.runs.unfinished());
  const runs = await Promise.all(
    first.map(async (id) => {
      const run = await store.runs.find(id);
      return run ? [{ run, hosts: await store.runs.hosts(id) }] : [];
    }),
  );
  return { first: runs.flat(), total };
}

async function viewed(store: Store, { first, total }: Cut<Proposal>): Promise<Cut<ProposalView>> {
  return { first: await Promise.all(first.map((proposal) => loadProposalView(store, proposal))), total };
}

function cut<T>(all: readonly T[]): Cut<T> {
  return { first: all.slice(0, SHOWN), total: all.length };
}
