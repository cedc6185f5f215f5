import { describe, expect, test } from 'vitest';
import { asHostName, asRunId, type RunId } from '../../../src/base/ids.ts';
import type { NewRun, Store } from '../../../src/engine/ports.ts';
import { testProposal } from '../../helpers/change.ts';
import { answerOf, auditEntry, conclusionOf, FINDING, newRun, type OpenStore, web1, web2 } from './scene.ts';

/** What a store must do with runs and their history; registers tests. */
export function describeRuns(open: OpenStore): void {
  describe('runs', () => {
    test('come back as they were stored, with their hosts in order', async () => {
      const { store, second } = await open();
      const id = await store.runs.create(newRun());
      const { hosts: _hosts, ...fields } = newRun();
      expect(await second.runs.find(id)).toEqual({
        ...fields,
        id,
        state: 'reading',
        detail: null,
        finishedAt: null,
        revision: 1,
      });
      expect((await store.runs.hosts(id)).map(({ host, state }) => [host, state])).toEqual([
        ['web-1', 'waiting'],
        ['web-2', 'waiting'],
      ]);
      expect(await store.runs.unfinished()).toEqual([id]);
      expect(await store.runs.find(asRunId(999))).toBeUndefined();
    });

    test('keep one answer of a host, and progress does not touch it afterwards', async () => {
      const { store, lease } = await open();
      const id = await store.runs.create(newRun());
      const held = await lease(`run:${id}`);
      await store.runs.progressed(id, web1, 'kernel', 1500);
      expect((await store.runs.hosts(id))[0]).toMatchObject({
        state: 'reading',
        currentStep: 'kernel',
        stepSince: 1500,
        startedAt: 1500,
      });
      await store.runs.answered(id, answerOf(web1), held);
      await store.runs.answered(id, answerOf(web1, 'other'), held);
      await store.runs.progressed(id, web1, 'late', 2500);
      expect((await store.runs.hosts(id))[0]).toMatchObject({
        state: 'answered',
        outcome: 'ok',
        currentStep: null,
        stepSince: null,
        startedAt: 1500,
        finishedAt: 2000,
      });
      expect(await store.runs.facts(id)).toEqual([{ host: web1, probe: 'kernel', at: 2000, fact: { word: 'bad' } }]);
      expect(await store.runs.steps(id)).toMatchObject([{ host: web1, stdout: 'bad', durationMs: 12 }]);
    });

    test('are concluded once, with everything or nothing', async () => {
      const { store, lease } = await open();
      const id = await store.runs.create(newRun());
      const held = await lease(`run:${id}`);
      const before = (await store.runs.find(id))?.revision ?? 0;
      expect(await store.runs.conclude(id, conclusionOf(testProposal({ runId: id })), held)).toBe(true);
      expect(await store.runs.conclude(id, conclusionOf(), held)).toBe(false);
      expect(await store.runs.end(id, 'cancelled', 'late', auditEntry('run.cancelled'))).toBe(false);
      expect(await store.runs.find(id)).toMatchObject({ state: 'finished', finishedAt: 3000 });
      expect((await store.runs.find(id))?.revision).toBeGreaterThan(before);
      expect(await store.runs.findings(id)).toEqual([{ host: web1, finding: FINDING }]);
      expect(await store.runs.notConcluded(id)).toEqual([{ host: web2, rule: 'bad-word', because: 'needs kernel' }]);
      expect(await store.changes.ofRun(id)).toEqual([testProposal({ runId: id })]);
      expect((await store.audit.of(`run:${id}`)).map(({ event }) => event)).toEqual(['run.started', 'run.finished']);
      expect(await store.runs.unfinished()).toEqual([]);
    });

    test('keep nothing of a conclusion that cannot be stored whole', async () => {
      const { store, lease } = await open();
      const id = await store.runs.create(newRun());
      const held = await lease(`run:${id}`);
      const twice = testProposal({ runId: id });
      await expect(store.runs.conclude(id, conclusionOf(twice, twice), held)).rejects.toThrow();
      expect(await store.runs.find(id)).toMatchObject({ state: 'reading' });
      expect([await store.runs.findings(id), await store.changes.ofRun(id)]).toEqual([[], []]);
      expect((await store.audit.of(`run:${id}`)).map(({ event }) => event)).toEqual(['run.started']);
    });

    test('that were cancelled are not concluded', async () => {
      const { store, lease } = await open();
      const id = await store.runs.create(newRun());
      const held = await lease(`run:${id}`);
      expect(await store.runs.end(id, 'cancelled', 'Cancelled by ada.', auditEntry('run.cancelled', `run:${id}`))).toBe(
        true,
      );
      expect(await store.runs.conclude(id, conclusionOf(), held)).toBe(false);
      expect(await store.runs.find(id)).toMatchObject({
        state: 'cancelled',
        detail: 'Cancelled by ada.',
        finishedAt: 5,
      });
    });
  });

  describe('history', () => {
    test('is newest first and can be asked by host, runbook and time, with a limit', async () => {
      const { store } = await open();
      const make = (changes: Partial<NewRun>) => store.runs.create(newRun(changes));
      const [a, b, c] = [
        await make({ createdAt: 1 }),
        await make({ hosts: [web2], createdAt: 2 }),
        await make({ runbook: 'other', createdAt: 3 }),
      ];
      const ids = async (query: Omit<Parameters<Store['runs']['history']>[0], 'limit'>, limit = 10): Promise<RunId[]> =>
        (await store.runs.history({ ...query, limit })).map(({ run }) => run.id);
      expect(await ids({})).toEqual([c, b, a]);
      expect(await ids({}, 2)).toEqual([c, b]);
      expect(await ids({ host: web1 })).toEqual([c, a]);
      expect(await ids({ host: asHostName('web') })).toEqual([]);
      expect(await ids({ runbook: 'word' })).toEqual([b, a]);
      expect(await ids({ since: 2 })).toEqual([c, b]);
      expect(await ids({ host: web1, runbook: 'word', since: 1 })).toEqual([a]);
    });

    test('names the worst finding and the proposals of each run', async () => {
      const { store, withProposal } = await open();
      const { id, runId } = await withProposal();
      const [entry] = await store.runs.history({ limit: 1 });
      expect(entry).toMatchObject({
        run: { id: runId },
        worst: { severity: 'critical', title: 'The word is bad' },
        findings: 1,
      });
      expect(entry?.proposals).toEqual([{ id, title: 'write a file', state: 'open' }]);
      expect(entry?.hosts).toHaveLength(2);
    });
  });
}
