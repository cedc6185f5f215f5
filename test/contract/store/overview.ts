import { describe, expect, test } from 'vitest';
import { asHostName, asProposalId, type RunId } from '../../../src/base/ids.ts';
import type { ProposalQuery } from '../../../src/engine/overview-store.ts';
import type { Store } from '../../../src/engine/ports.ts';
import { answerOf, conclusionOf, FINDING, newRun, type OpenStore, type StoreScene, web1, web2 } from './scene.ts';

/** What a store must know over all runs; registers tests. */
export function describeOverview(open: OpenStore): void {
  describe('the overview', () => {
    test('has a stamp that differs with every difference of a run', async () => {
      const { store } = await open();
      const stamps = [await store.overview.stamp()];
      const id = await store.runs.create(newRun());
      stamps.push(await store.overview.stamp());
      await store.runs.progressed(id, web1, 'kernel', 5);
      stamps.push(await store.overview.stamp());
      expect(new Set(stamps).size).toBe(3);
      expect(await store.overview.stamp()).toBe(stamps[2]);
    });

    test('has proposals by state: what expires first, or what happened last; all are counted', async () => {
      const { store, withProposal } = await open();
      for (const [n, expiresAt] of [9000, 7000, 8000].entries())
        await withProposal({ id: asProposalId(`${n + 1}-1`), expiresAt, createdAt: 1000 * n });
      const ids = async (query: ProposalQuery) => {
        const { first, total } = await store.overview.proposals(query);
        return [first.map(({ id }) => id), total];
      };
      expect(await ids({ states: ['open'], order: 'expiry', limit: 2 })).toEqual([['2-1', '3-1'], 3]);
      expect(await ids({ states: ['open'], order: 'latest', limit: 10 })).toEqual([['3-1', '2-1', '1-1'], 3]);
      expect(await ids({ states: ['proven'], order: 'latest', limit: 10 })).toEqual([[], 0]);
    });

    test('has hosts in trouble by their last run: those that did not answer, and those with something critical', async () => {
      const scene = await open();
      const { store } = scene;
      await concluded(scene, { [web1]: 'ok', [web2]: 'unreachable' });
      expect(await store.overview.troubled(0)).toEqual([
        {
          host: web1,
          run: 1,
          runbook: 'word',
          outcome: 'ok',
          detail: null,
          critical: ['The word is bad'],
          proven: null,
          at: 3000,
        },
        {
          host: web2,
          run: 1,
          runbook: 'word',
          outcome: 'unreachable',
          detail: 'No route.',
          critical: [],
          proven: null,
          at: 3000,
        },
      ]);
      await concluded(scene, { [web2]: 'ok' }, false);
      expect(await troubled(store)).toEqual([[web1, 1]]);
      await concluded(scene, { [web1]: 'timed_out' });
      expect(await troubled(store)).toEqual([[web1, 3]]);
      expect(await store.overview.troubled(1001)).toEqual([]);
    });

    test('does not judge a host by a run that is not concluded', async () => {
      const scene = await open();
      await concluded(scene, { [web1]: 'ok' });
      const id = await scene.store.runs.create(newRun({ hosts: [web1] }));
      await scene.store.runs.answered(id, answerOf(web1), await scene.lease(`run:${id}`));
      expect(await troubled(scene.store)).toEqual([[web1, 1]]);
      const audit = {
        event: 'run.cancelled',
        actor: 'ada',
        surface: 'cli',
        subject: `run:${id}`,
        at: 9,
        body: {},
      } as const;
      await scene.store.runs.end(id, 'cancelled', 'Cancelled.', audit);
      expect(await troubled(scene.store)).toEqual([[web1, 1]]);
    });
  });
}

async function troubled(store: Store) {
  return (await store.overview.troubled(0)).map(({ host, run }) => [host, run]);
}

/** A run on these hosts that was concluded, with something critical on the first that answered unless told otherwise. */
async function concluded(
  { store, lease }: StoreScene,
  outcomes: Readonly<Record<string, 'ok' | 'unreachable' | 'timed_out'>>,
  critical = true,
): Promise<RunId> {
  const hosts = Object.keys(outcomes).map(asHostName);
  const id = await store.runs.create(newRun({ hosts }));
  const held = await lease(`run:${id}`);
  for (const host of hosts) {
    const outcome = outcomes[host] ?? 'ok';
    const nothing = { steps: [], facts: [], numbers: {}, detail: 'No route.' };
    await store.runs.answered(id, { ...answerOf(host), ...(outcome === 'ok' ? {} : nothing), outcome }, held);
  }
  const host = hosts.find((name) => outcomes[name] === 'ok');
  const findings = critical && host ? [{ host, finding: FINDING }] : [];
  await store.runs.conclude(id, { ...conclusionOf(), findings, notConcluded: [] }, held);
  await store.leases.release(held);
  return id;
}
