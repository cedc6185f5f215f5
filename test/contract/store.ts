import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asHostName, asPersonName, asRunId, type RunId } from '../../src/base/ids.ts';
import { LeaseLost } from '../../src/engine/lease-lost.ts';
import type { Proposal } from '../../src/engine/model.ts';
import type { Conclusion, HostAnswerRecord, Lease, NewRun, Store } from '../../src/engine/ports.ts';
import { transition } from '../../src/engine/transition.ts';
import { testApproval, testAttempts, testPlan, testProposal } from '../helpers/change.ts';

/** A store under test: two connections to the same rows, and a third one on demand. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly first: Store;
  readonly second: Store;
  /** The name of a process of this machine that has ended. */
  readonly deadOwner: string;
  /** The name of a process that lives. */
  readonly livingOwner: string;
}

const [web1, web2] = [asHostName('web-1'), asHostName('web-2')];

function newRun(changes: Partial<NewRun> = {}): NewRun {
  return {
    runbook: 'word',
    runbookVersion: 'v1',
    params: { interval: 2.5 },
    selector: '@web',
    requester: asPersonName('ada'),
    surface: 'slack',
    channel: 'C1',
    createdAt: 1000,
    hosts: [web1, web2],
    ...changes,
  };
}

function answerOf(host: typeof web1, word = 'bad'): HostAnswerRecord {
  const step = {
    probe: 'kernel',
    exitCode: 0,
    durationMs: 12.4,
    droppedBytes: 0,
    stdout: word,
    stderr: '',
    problem: null,
    reason: null,
  };
  return {
    host,
    outcome: 'ok',
    detail: null,
    finishedAt: 2000,
    steps: [step],
    facts: [{ probe: 'kernel', fact: { word } }],
    numbers: { 'word.count': 1 },
  };
}

const FINDING = {
  rule: 'bad-word',
  severity: 'critical',
  title: 'The word is bad',
  explanation: ['It reads bad.'],
  evidence: [
    { label: 'word', value: 'bad', source: 'cat' },
    { label: 'count', value: 3, unit: 'words', source: 'wc' },
  ],
  notConcluded: [],
  confidence: 'high',
  groupKey: 'bad',
} as const;

const audit = (event: string, subject = 'run:1') =>
  ({ event, actor: 'ada', surface: 'cli', subject, at: 5, body: { b: 1, a: 'x' } }) as const;

/** What every store must do; registers tests. */
export function describeStore(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = await start();
      store = under.first;
    });
    afterEach(() => under[Symbol.asyncDispose]());

    const lease = async (subject: string, owner = under.livingOwner, now = 0): Promise<Lease> => {
      const held = await store.leases.acquire(subject, owner, 1000, now);
      if (!held) throw new Error('no lease');
      return held;
    };
    const withProposal = async (changes: Partial<Proposal> = {}): Promise<Proposal> => {
      const runId = await store.runs.create(newRun());
      const proposal = testProposal({ runId, ...changes });
      const held = await lease(`run:${runId}`);
      await store.runs.conclude(runId, conclusionOf(proposal), held);
      await store.leases.release(held);
      return proposal;
    };
    const conclusionOf = (...proposals: Proposal[]): Conclusion => ({
      findings: [{ host: web1, finding: FINDING }],
      notConcluded: [{ host: web2, rule: 'bad-word', because: 'needs kernel' }],
      proposals: proposals.map((proposal) => ({ proposal, attempts: testAttempts(proposal) })),
      at: 3000,
    });

    describe('runs', () => {
      test('come back as they were stored, with their hosts in order', async () => {
        const id = await store.runs.create(newRun());
        const { hosts: _hosts, ...fields } = newRun();
        expect(await under.second.runs.find(id)).toEqual({
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
        const id = await store.runs.create(newRun());
        const held = await lease(`run:${id}`);
        await store.runs.progressed(id, web1, 'kernel', 1500);
        expect((await store.runs.hosts(id))[0]).toMatchObject({
          state: 'reading',
          currentStep: 'kernel',
          startedAt: 1500,
        });
        await store.runs.answered(id, answerOf(web1), held);
        await store.runs.answered(id, answerOf(web1, 'other'), held);
        await store.runs.progressed(id, web1, 'late', 2500);
        expect((await store.runs.hosts(id))[0]).toMatchObject({
          state: 'answered',
          outcome: 'ok',
          currentStep: null,
          startedAt: 1500,
          finishedAt: 2000,
        });
        expect(await store.runs.facts(id)).toEqual([{ host: web1, probe: 'kernel', at: 2000, fact: { word: 'bad' } }]);
        expect(await store.runs.steps(id)).toMatchObject([{ host: web1, stdout: 'bad', durationMs: 12 }]);
      });

      test('are concluded once, with everything or nothing', async () => {
        const id = await store.runs.create(newRun());
        const held = await lease(`run:${id}`);
        const before = (await store.runs.find(id))?.revision ?? 0;
        expect(await store.runs.conclude(id, conclusionOf(testProposal({ runId: id })), held)).toBe(true);
        expect(await store.runs.conclude(id, conclusionOf(), held)).toBe(false);
        expect(await store.runs.end(id, 'cancelled', 'late', audit('run.cancelled'))).toBe(false);
        expect(await store.runs.find(id)).toMatchObject({ state: 'finished', finishedAt: 3000 });
        expect((await store.runs.find(id))?.revision).toBeGreaterThan(before);
        expect(await store.runs.findings(id)).toEqual([{ host: web1, finding: FINDING }]);
        expect(await store.runs.notConcluded(id)).toEqual([{ host: web2, rule: 'bad-word', because: 'needs kernel' }]);
        expect(await store.changes.ofRun(id)).toEqual([testProposal({ runId: id })]);
        expect((await store.audit.of(`run:${id}`)).map(({ event }) => event)).toEqual(['run.started', 'run.finished']);
        expect(await store.runs.unfinished()).toEqual([]);
      });

      test('keep nothing of a conclusion that cannot be stored whole', async () => {
        const id = await store.runs.create(newRun());
        const held = await lease(`run:${id}`);
        const twice = testProposal({ runId: id });
        await expect(store.runs.conclude(id, conclusionOf(twice, twice), held)).rejects.toThrow();
        expect(await store.runs.find(id)).toMatchObject({ state: 'reading' });
        expect([await store.runs.findings(id), await store.changes.ofRun(id)]).toEqual([[], []]);
        expect((await store.audit.of(`run:${id}`)).map(({ event }) => event)).toEqual(['run.started']);
      });

      test('that were cancelled are not concluded', async () => {
        const id = await store.runs.create(newRun());
        const held = await lease(`run:${id}`);
        expect(await store.runs.end(id, 'cancelled', 'Cancelled by ada.', audit('run.cancelled', `run:${id}`))).toBe(
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
        const make = (changes: Partial<NewRun>) => store.runs.create(newRun(changes));
        const [a, b, c] = [
          await make({ createdAt: 1 }),
          await make({ hosts: [web2], createdAt: 2 }),
          await make({ runbook: 'other', createdAt: 3 }),
        ];
        const ids = async (
          query: Omit<Parameters<Store['runs']['history']>[0], 'limit'>,
          limit = 10,
        ): Promise<RunId[]> => (await store.runs.history({ ...query, limit })).map(({ run }) => run.id);
        expect(await ids({})).toEqual([c, b, a]);
        expect(await ids({}, 2)).toEqual([c, b]);
        expect(await ids({ host: web1 })).toEqual([c, a]);
        expect(await ids({ host: asHostName('web') })).toEqual([]);
        expect(await ids({ runbook: 'word' })).toEqual([b, a]);
        expect(await ids({ since: 2 })).toEqual([c, b]);
        expect(await ids({ host: web1, runbook: 'word', since: 1 })).toEqual([a]);
      });

      test('names the worst finding and the proposals of each run', async () => {
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

    describe('decisions', () => {
      test('of 200 that race on two connections, with repetitions, exactly one counts', async () => {
        const proposal = await withProposal();
        const people = Array.from({ length: 40 }, (_, index) => `person-${index}`);
        const wishes = Array.from({ length: 200 }, (_, index) =>
          testApproval(proposal, people[index % 40] ?? '', { verdict: index % 3 === 0 ? 'reject' : 'approve' }),
        );
        const results = await Promise.all(
          wishes.map((wish, index) => (index % 2 ? under.first : under.second).changes.decide(wish)),
        );
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
        const proposal = await withProposal();
        expect(await store.changes.expire(proposal.expiresAt - 1)).toEqual([]);
        expect(await store.changes.expire(proposal.expiresAt)).toEqual([proposal.id]);
        expect(await store.changes.expire(proposal.expiresAt)).toEqual([]);
        expect(await store.changes.decide(testApproval(proposal, 'bob'))).toMatchObject({ because: 'expired' });
      });
    });

    describe('leases', () => {
      test('are held by one at a time, until released or expired, with a token that grows', async () => {
        const held = await lease('run:1');
        expect(await under.second.leases.acquire('run:1', under.livingOwner, 1000, 999)).toBeUndefined();
        expect(await store.leases.renew(held, 1000, 500)).toBe(true);
        expect(await under.second.leases.acquire('run:1', under.livingOwner, 1000, 1499)).toBeUndefined();
        const next = await under.second.leases.acquire('run:1', 'another', 1000, 1500);
        expect(next?.token).toBeGreaterThan(held.token);
        expect(await store.leases.renew(held, 1000, 1501)).toBe(false);
        await store.leases.release(held);
        expect(await store.leases.acquire('run:1', 'third', 1000, 1502)).toBeUndefined();
        if (next) await store.leases.release(next);
        expect((await store.leases.acquire('run:1', 'third', 1000, 1503))?.token).toBeGreaterThan(next?.token ?? 0);
      });

      test('of a dead process are taken over at once', async () => {
        const held = await lease('run:1', under.deadOwner);
        const taken = await under.second.leases.acquire('run:1', under.livingOwner, 1000, 1);
        expect(taken?.token).toBeGreaterThan(held.token);
      });

      test('are given to one of many that race', async () => {
        const all = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            (index % 2 ? under.first : under.second).leases.acquire('run:7', `${under.livingOwner}`, 1000, 0),
          ),
        );
        expect(all.filter((held) => held !== undefined)).toHaveLength(1);
      });

      test('that were lost let nothing be written', async () => {
        const proposal = await withProposal();
        const runId = await store.runs.create(newRun());
        await store.changes.decide(testApproval(proposal, 'bob'));
        const [stale, staleChange] = [await lease(`run:${runId}`), await lease(`change:${proposal.id}`)];
        await lease(`run:${runId}`, 'another', 5000);
        await lease(`change:${proposal.id}`, 'another', 5000);
        await expect(store.runs.answered(runId, answerOf(web1), stale)).rejects.toBeInstanceOf(LeaseLost);
        await expect(store.runs.conclude(runId, conclusionOf(), stale)).rejects.toBeInstanceOf(LeaseLost);
        const move = () =>
          store.changes.advance(
            proposal.id,
            (change) => transition(change, { type: 'facts.reread', host: web1, result: 'same' }),
            { host: web1 },
            staleChange,
            9,
          );
        await expect(move()).rejects.toBeInstanceOf(LeaseLost);
        expect((await store.runs.hosts(runId)).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
        expect((await store.changes.attempts(proposal.id)).map(({ state }) => state)).toEqual(['pending']);
        expect(await store.runs.find(runId)).toMatchObject({ state: 'reading' });
      });
    });

    describe('changes', () => {
      const approved = async (changes: Partial<Proposal> = {}) => {
        const proposal = await withProposal(changes);
        await store.changes.decide(testApproval(proposal, 'bob'));
        return { proposal, held: await lease(`change:${proposal.id}`) };
      };
      const intend = (proposal: Proposal, held: Lease) =>
        store.changes.advance(
          proposal.id,
          (change) => transition(change, { type: 'facts.reread', host: web1, result: 'same' }),
          { host: web1, before: { kernel: { word: 'bad' } }, detail: 'd' },
          held,
          9,
        );

      test('are moved with what was done, in one step, and an event that cannot happen stores nothing', async () => {
        const { proposal, held } = await approved();
        expect(await store.changes.working()).toEqual([proposal.id]);
        await intend(proposal, held);
        expect(await under.second.changes.attempts(proposal.id)).toMatchObject([
          { state: 'intended', before: { kernel: { word: 'bad' } }, detail: 'd', updatedAt: 9 },
        ]);
        const entries = (await store.audit.of(`proposal:${proposal.id}`)).length;
        await expect(intend(proposal, held)).rejects.toThrow('cannot happen');
        expect(await store.audit.of(`proposal:${proposal.id}`)).toHaveLength(entries);
      });

      test('do not begin on a host on which another one is at work', async () => {
        const one = await approved();
        const two = await approved({ id: '2-1' as Proposal['id'] });
        await intend(one.proposal, one.held);
        expect(await store.changes.busyHost(web1, two.proposal.id)).toBe(one.proposal.id);
        expect(await store.changes.busyHost(web2, two.proposal.id)).toBeUndefined();
        await expect(intend(two.proposal, two.held)).rejects.toMatchObject({ code: 'state/host-busy' });
        expect(await store.changes.attempts(two.proposal.id)).toMatchObject([{ state: 'pending', before: null }]);
      });

      test('are undone once for each request, when they were made', async () => {
        const { proposal, held } = await approved({ plan: testPlan('web-1') });
        const wish = {
          proposal: proposal.id,
          person: asPersonName('ada'),
          reason: 'why',
          surface: 'slack',
          at: 20,
        } as const;
        expect(await store.changes.requestUndo(wish)).toBeUndefined();
        await intend(proposal, held);
        const advance = (event: Parameters<typeof transition>[1]) =>
          store.changes.advance(proposal.id, (change) => transition(change, event), { host: web1 }, held, 10);
        await advance({ type: 'attempt.reported', host: web1, report: 'done' });
        await advance({ type: 'attempt.signalled', host: web1, outcome: 'proven' });
        await advance({ type: 'attempt.confirmed', host: web1, report: 'confirmed' });
        expect(await store.changes.attempts(proposal.id)).toMatchObject([{ state: 'proven', appliedAt: 10 }]);
        const both = await Promise.all([under.first.changes.requestUndo(wish), under.second.changes.requestUndo(wish)]);
        expect(both.filter((each) => each?.state === 'undoing')).toHaveLength(1);
        expect(await store.changes.undoRequests(proposal.id)).toEqual([wish]);
        expect(await store.changes.requestUndo({ ...wish, proposal: 'no-1' as Proposal['id'] })).toBeUndefined();
      });
    });

    describe('messages', () => {
      test('are reserved once, and a delivery is claimed once', async () => {
        const reserved = await Promise.all(
          [under.first, under.second, under.first].map((each) => each.messages.reserve('run:1', 'C1')),
        );
        expect(reserved.filter(Boolean)).toHaveLength(1);
        expect(await store.messages.find('run:1')).toEqual({
          subject: 'run:1',
          channel: 'C1',
          ts: null,
          renderedRevision: 0,
        });
        const claims = await Promise.all(
          [under.first, under.second, under.first].map((each) => each.messages.claim('envelope-1', 1)),
        );
        expect(claims.filter(Boolean)).toHaveLength(1);
        expect(await store.messages.claim('envelope-2', 1)).toBe(true);
      });

      test('remember a delivery for a day and then forget it', async () => {
        const day = 86_400_000;
        expect(await store.messages.claim('envelope-1', 1000)).toBe(true);
        expect(await store.messages.claim('envelope-1', 1000 + day)).toBe(false);
        expect(await store.messages.claim('envelope-1', 1001 + day)).toBe(true);
      });

      test('are outdated until they show the latest revision, which never goes back', async () => {
        const id = await store.runs.create(newRun());
        await store.runs.create(newRun({ surface: 'cli', channel: null }));
        expect(await store.messages.outdated(10)).toEqual([id]);
        await store.messages.reserve(`run:${id}`, 'C1');
        await store.messages.posted(`run:${id}`, 'C1', '1.2', 1);
        expect(await store.messages.outdated(10)).toEqual([]);
        await store.runs.progressed(id, web1, 'kernel', 5);
        expect(await store.messages.outdated(10)).toEqual([id]);
        await store.messages.rendered(`run:${id}`, 'C1', 2);
        await store.messages.rendered(`run:${id}`, 'C1', 1);
        expect(await store.messages.find(`run:${id}`)).toMatchObject({ ts: '1.2', renderedRevision: 2 });
        expect(await store.messages.outdated(10)).toEqual([]);
      });
    });

    test('keeps the audit entries of a subject in order, from both connections', async () => {
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          (index % 2 ? under.first : under.second).audit.append(audit(`e${index}`, 'run:9')),
        ),
      );
      const entries = await store.audit.of('run:9');
      expect(entries).toHaveLength(30);
      expect(entries[0]).toEqual({ ...audit(entries[0]?.event ?? '', 'run:9') });
      expect(await store.audit.of('run:8')).toEqual([]);
    });
  });
}
