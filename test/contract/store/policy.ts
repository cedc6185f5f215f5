import { describe, expect, test } from 'vitest';
import { asPersonName, asProposalId } from '../../../src/base/ids.ts';
import type { BrokenGlass } from '../../../src/engine/broken-glass.ts';
import type { Proposal } from '../../../src/engine/model.ts';
import { testApproval } from '../../helpers/change.ts';
import type { OpenStore } from './scene.ts';

function glassOf({ id, digest }: Proposal, changes: Partial<BrokenGlass> = {}): Omit<BrokenGlass, 'review'> {
  const person = asPersonName('bob');
  return { proposal: id, digest, person, reason: 'all is down', surface: 'cli', at: 2000, ...changes };
}

const REVIEW = { person: asPersonName('cem'), note: 'it was needed', at: 3000 };

/** What a store must do with broken glass and with user groups; registers tests. */
export function describePolicyState(open: OpenStore): void {
  describe('broken glass', () => {
    test('is kept with the change that it began, and seen by others', async () => {
      const { store, second, withProposal } = await open();
      const proposal = await withProposal();
      const before = (await store.runs.find(proposal.runId))?.revision ?? 0;
      expect(await store.brokenGlass.record(glassOf(proposal))).toMatchObject({
        kind: 'recorded',
        proposal: { state: 'applying' },
      });
      expect(await second.brokenGlass.of(proposal.id)).toEqual({ ...glassOf(proposal), review: null });
      expect(await second.brokenGlass.unreviewed()).toHaveLength(1);
      expect((await store.runs.find(proposal.runId))?.revision).toBeGreaterThan(before);
      expect((await store.audit.of(`proposal:${proposal.id}`)).at(-1)).toMatchObject({
        event: 'glass.broken',
        actor: 'bob',
        body: { digest: proposal.digest, reason: 'all is down' },
      });
    });

    test('of a proposal that is not open, of another digest, expired or unknown is refused', async () => {
      const { store, withProposal } = await open();
      const proposal = await withProposal();
      const because = async (changes: Partial<BrokenGlass>) => {
        const result = await store.brokenGlass.record(glassOf(proposal, changes));
        return result.kind === 'refused' ? result.because : result.kind;
      };
      expect(await because({ digest: 'other' })).toBe('other_digest');
      expect(await because({ at: proposal.expiresAt })).toBe('expired');
      expect(await because({ proposal: asProposalId('9-9') })).toBe('unknown');
      await store.changes.decide(testApproval(proposal, 'bob', { verdict: 'reject' }));
      expect(await because({})).toBe('not_open');
      expect(await store.brokenGlass.unreviewed()).toEqual([]);
    });

    test('is broken once, and reviewed once by somebody else, by whoever is first', async () => {
      const { store, second, withProposal } = await open();
      const proposal = await withProposal();
      const tries = [store, second].map((each) => each.brokenGlass.record(glassOf(proposal)));
      expect((await Promise.all(tries)).map(({ kind }) => kind).sort()).toEqual(['recorded', 'refused']);
      const own = { ...REVIEW, person: asPersonName('bob') };
      expect(await store.brokenGlass.close(proposal.id, own, 'cli')).toBeUndefined();
      const closed = await Promise.all(
        [store, second].map((each) => each.brokenGlass.close(proposal.id, REVIEW, 'slack')),
      );
      expect(closed.filter((glass) => glass !== undefined)).toEqual([{ ...glassOf(proposal), review: REVIEW }]);
      expect(await store.brokenGlass.unreviewed()).toEqual([]);
      expect(await store.brokenGlass.close(asProposalId('9-9'), REVIEW, 'cli')).toBeUndefined();
    });

    test('is outdated in Slack until it is shown, and again when it was reviewed', async () => {
      const { store, withProposal } = await open();
      const { messages } = store;
      const proposal = await withProposal();
      await store.brokenGlass.record(glassOf(proposal));
      const subject = `break-glass:${proposal.id}`;
      expect(await messages.outdatedGlass(5)).toEqual([proposal.id]);
      await messages.reserve(subject, 'C1');
      await messages.posted(subject, 'C1', '1.1', 0);
      expect(await messages.outdatedGlass(5)).toEqual([proposal.id]);
      await messages.rendered(subject, 'C1', 1);
      expect(await messages.outdatedGlass(5)).toEqual([]);
      await store.brokenGlass.close(proposal.id, REVIEW, 'cli');
      expect(await messages.outdatedGlass(5)).toEqual([proposal.id]);
      await messages.rendered(subject, 'C1', 2);
      expect(await messages.outdatedGlass(5)).toEqual([]);
    });
  });

  test('keeps who is in a user group, and never an older answer over a later one', async () => {
    const { store, second } = await open();
    await store.groups.save('S1', ['U1', 'U2'], 100);
    await second.groups.save('S2', [], 50);
    await second.groups.save('S1', ['U3'], 99);
    const byName = [...(await second.groups.all())].sort((a, b) => a.group.localeCompare(b.group));
    expect(byName).toEqual([
      { group: 'S1', members: new Set(['U1', 'U2']), at: 100 },
      { group: 'S2', members: new Set(), at: 50 },
    ]);
    await store.groups.save('S1', ['U3'], 101);
    expect((await store.groups.all()).find(({ group }) => group === 'S1')?.members).toEqual(new Set(['U3']));
  });
}
