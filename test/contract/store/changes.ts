import { describe, expect, test } from 'vitest';
import { asPersonName } from '../../../src/base/ids.ts';
import type { Proposal } from '../../../src/engine/model.ts';
import type { Lease, Store } from '../../../src/engine/ports.ts';
import { transition } from '../../../src/engine/transition.ts';
import { testApproval, testPlan, testProposal } from '../../helpers/change.ts';
import { type OpenStore, type StoreScene, web1, web2 } from './scene.ts';

/** What a store must do with proposals, the decisions on them and the changes that follow; registers tests. */
export function describeChanges(open: OpenStore): void {
  describe('decisions', () => {
    test('of 200 that race on two connections, with repetitions, exactly one counts', async () => {
      const { store, second, withProposal } = await open();
      const proposal = await withProposal();
      const people = Array.from({ length: 40 }, (_, index) => `person-${index}`);
      const wishes = Array.from({ length: 200 }, (_, index) =>
        testApproval(proposal, people[index % 40] ?? '', { verdict: index % 3 === 0 ? 'reject' : 'approve' }),
      );
      const results = await Promise.all(wishes.map((wish, index) => (index % 2 ? store : second).changes.decide(wish)));
      const recorded = results.filter(({ kind }) => kind === 'recorded');
      expect(recorded).toHaveLength(1);
      const approvals = await store.changes.approvals(proposal.id);
      expect(approvals).toHaveLength(1);
      expect(await store.changes.find(proposal.id)).toMatchObject({
        state: approvals[0]?.verdict === 'reject' ? 'rejected' : 'applying',
      });
      expect(await store.audit.of(`proposal:${proposal.id}`)).toHaveLength(1);
    });

    test('are refused with the reason', async () => {
      const { store, withProposal } = await open();
      const proposal = await withProposal({ neededApprovals: 2 });
      const because = async (changes: Parameters<typeof testApproval>[2], person = 'bob') => {
        const result = await store.changes.decide(testApproval(proposal, person, changes));
        return result.kind === 'refused' ? result.because : result.kind;
      };
      expect(await because({ digest: 'other' })).toBe('other_digest');
      expect(await because({ at: proposal.expiresAt })).toBe('expired');
      expect(await because({ proposal: testProposal({ id: 'no-1' as Proposal['id'] }).id })).toBe('unknown');
      expect(await because({})).toBe('recorded');
      expect(await because({})).toBe('decided_by_same_person');
      expect(await store.changes.find(proposal.id)).toMatchObject({ state: 'open' });
      expect(await because({}, 'cem')).toBe('recorded');
      expect(await store.changes.find(proposal.id)).toMatchObject({ state: 'applying' });
      expect(await because({}, 'dan')).toBe('not_open');
    });

    test('come too late for a proposal that expired, once', async () => {
      const { store, withProposal } = await open();
      const proposal = await withProposal();
      expect(await store.changes.expire(proposal.expiresAt - 1)).toEqual([]);
      expect(await store.changes.expire(proposal.expiresAt)).toEqual([proposal.id]);
      expect(await store.changes.expire(proposal.expiresAt)).toEqual([]);
      expect(await store.changes.decide(testApproval(proposal, 'bob'))).toMatchObject({ because: 'expired' });
    });
  });

  describe('changes', () => {
    test('are moved with what was done, in one step, and an event that cannot happen stores nothing', async () => {
      const scene = await open();
      const { store, second } = scene;
      const { proposal, held } = await approved(scene);
      expect(await store.changes.working()).toEqual([proposal.id]);
      await intend(store, proposal, held);
      expect(await second.changes.attempts(proposal.id)).toMatchObject([
        { state: 'intended', before: { kernel: { word: 'bad' } }, detail: 'd', updatedAt: 9 },
      ]);
      const entries = (await store.audit.of(`proposal:${proposal.id}`)).length;
      await expect(intend(store, proposal, held)).rejects.toThrow('cannot happen');
      expect(await store.audit.of(`proposal:${proposal.id}`)).toHaveLength(entries);
    });

    test('do not begin on a host on which another one is at work', async () => {
      const scene = await open();
      const { store } = scene;
      const one = await approved(scene);
      const two = await approved(scene, { id: '2-1' as Proposal['id'] });
      await intend(store, one.proposal, one.held);
      expect(await store.changes.busyHost(web1, two.proposal.id)).toBe(one.proposal.id);
      expect(await store.changes.busyHost(web2, two.proposal.id)).toBeUndefined();
      await expect(intend(store, two.proposal, two.held)).rejects.toMatchObject({ code: 'state/host-busy' });
      expect(await store.changes.attempts(two.proposal.id)).toMatchObject([{ state: 'pending', before: null }]);
    });

    test('that are at work on a host come before those that only wait, however old', async () => {
      const scene = await open();
      const { store } = scene;
      const older = await approved(scene);
      const younger = await approved(scene, { id: '2-1' as Proposal['id'], createdAt: 5000 });
      expect(await store.changes.working()).toEqual([older.proposal.id, younger.proposal.id]);
      await intend(store, younger.proposal, younger.held);
      expect(await store.changes.working()).toEqual([younger.proposal.id, older.proposal.id]);
    });

    test('are undone once for each request, when they were made', async () => {
      const scene = await open();
      const { store, second } = scene;
      const { proposal, held } = await approved(scene, { plan: testPlan('web-1') });
      const wish = {
        proposal: proposal.id,
        person: asPersonName('ada'),
        reason: 'why',
        surface: 'slack',
        at: 20,
      } as const;
      expect(await store.changes.requestUndo(wish)).toBeUndefined();
      await intend(store, proposal, held);
      const advance = (event: Parameters<typeof transition>[1]) =>
        store.changes.advance(proposal.id, (change) => transition(change, event), { host: web1 }, held, 10);
      await advance({ type: 'attempt.reported', host: web1, report: 'done' });
      await advance({ type: 'attempt.signalled', host: web1, outcome: 'proven' });
      await advance({ type: 'attempt.confirmed', host: web1, report: 'confirmed' });
      expect(await store.changes.attempts(proposal.id)).toMatchObject([{ state: 'proven', appliedAt: 10 }]);
      const both = await Promise.all([store.changes.requestUndo(wish), second.changes.requestUndo(wish)]);
      expect(both.filter((each) => each?.state === 'undoing')).toHaveLength(1);
      expect(await store.changes.undoRequests(proposal.id)).toEqual([wish]);
      expect(await store.changes.requestUndo({ ...wish, proposal: 'no-1' as Proposal['id'] })).toBeUndefined();
    });
  });
}

/** A proposal that was approved, and the lease of its change. */
async function approved({ store, lease, withProposal }: StoreScene, changes: Partial<Proposal> = {}) {
  const proposal = await withProposal(changes);
  await store.changes.decide(testApproval(proposal, 'bob'));
  return { proposal, held: await lease(`change:${proposal.id}`) };
}

/** Stores the intent to change web-1. */
function intend(store: Store, proposal: Proposal, held: Lease) {
  return store.changes.advance(
    proposal.id,
    (change) => transition(change, { type: 'facts.reread', host: web1, result: 'same' }),
    { host: web1, before: { kernel: { word: 'bad' } }, detail: 'd' },
    held,
    9,
  );
}
