import { describe, expect, onTestFinished, test } from 'vitest';
import { asHostName, asProposalId } from '../../src/base/ids.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { testPerson } from '../helpers/change.ts';
import { ADA, BOB, createMovedClock, createTestStore, runWord, wordContext, wordRunbook } from '../helpers/engine.ts';
import { testHost } from '../helpers/sshd.ts';
import { createWordTransport } from '../helpers/word-hosts.ts';

const WORLD = { path: '/word' };

/** An engine over hosts with these words, on a store of its own. */
function arrange(
  words: Readonly<Record<string, string>>,
  change: (context: EngineContext) => EngineContext = (same) => same,
) {
  const stores = createTestStore();
  const transport = createWordTransport(words);
  const hosts = Object.keys(words).map((name) => testHost({ name: asHostName(name) }));
  const clock = createMovedClock();
  const engines: Engine[] = [];
  const context = (store = stores.store) => change(wordContext({ store, transport, hosts, clock }, WORLD));
  const start = (adapt: (context: EngineContext) => EngineContext = (same) => same) => {
    const started = createEngine(adapt(context(engines.length === 0 ? stores.store : stores.another())));
    engines.push(started);
    return started;
  };
  onTestFinished(async () => {
    for (const each of engines) await each[Symbol.asyncDispose]();
    await stores[Symbol.asyncDispose]();
  });
  const engine = start();
  const approve = (proposal: string, by: Engine = engine) =>
    by.decide({ ...BOB, proposal, verdict: 'approve', digest: undefined, reason: null });
  const work = (proposal: string, by: Engine = engine) => by.drive({ kind: 'change', id: asProposalId(proposal) });
  const change1 = async (proposal = '1-1') => {
    const { runId } = await engine.proposal(proposal);
    const view = (await engine.view(runId)).proposals.find((each) => each.proposal.id === proposal);
    if (!view) throw new Error('no proposal');
    return {
      state: view.proposal.state,
      attempts: view.attempts.map(({ state }) => state),
      details: view.attempts.map(({ detail }) => detail),
      statements: view.attempts.flatMap(({ statements }) => statements),
      canUndo: view.canUndo,
    };
  };
  const audit = async (subject: string) => (await stores.store.audit.of(subject)).map(({ event }) => event);
  return { engine, start, transport, clock, approve, work, change: change1, audit, store: stores.store };
}

describe('a run', () => {
  test('asks every host, judges, and proposes for the hosts with findings only', async () => {
    const { engine, audit } = arrange({ 'web-1': 'bad', 'web-2': 'good', 'web-3': 'stubborn' });
    const view = await runWord(engine, 'all');
    expect(view.run).toMatchObject({ state: 'finished', selector: 'all', requester: 'ada' });
    expect(view.hosts.map(({ host, outcome }) => `${host} ${outcome}`)).toEqual(['web-1 ok', 'web-2 ok', 'web-3 ok']);
    expect(view.findings.map(({ severity, hosts }) => [severity, ...hosts])).toEqual([
      ['critical', 'web-1'],
      ['critical', 'web-3'],
      ['ok', 'web-2'],
    ]);
    expect(view.proposals).toHaveLength(1);
    const [{ proposal } = { proposal: undefined }] = view.proposals;
    expect(proposal).toMatchObject({ id: '1-1', state: 'open', requester: 'ada' });
    expect(proposal?.plan.hosts.map(({ host }) => host)).toEqual(['web-1']);
    expect(proposal?.plan.left).toEqual([{ host: 'web-3', kind: 'refused', reason: 'A stubborn word is left alone.' }]);
    expect(await audit('run:1')).toEqual(['run.started', 'run.finished']);
  });

  test('names the host that could not be reached, and goes on with the others', async () => {
    const { engine, transport } = arrange({ 'web-1': 'bad', 'web-2': 'bad', 'web-3': 'bad' });
    transport.host('web-2').failure = 'unreachable';
    const view = await runWord(engine, 'all');
    expect(view.hosts.map(({ outcome }) => outcome)).toEqual(['ok', 'unreachable', 'ok']);
    expect(view.hosts[1]?.detail).toBe('web-2: unreachable, [redacted].');
    expect(view.proposals[0]?.proposal.plan.hosts.map(({ host }) => host)).toEqual(['web-1', 'web-3']);
  });

  test('records output that holds no fact, and says which rule could not conclude', async () => {
    const { engine } = arrange({ 'web-1': 'two words' });
    const view = await runWord(engine, 'web-1');
    expect(view.steps).toMatchObject([{ host: 'web-1', stdout: 'two words', problem: 'unreadable' }]);
    expect(view.notConcluded).toMatchObject([{ host: 'web-1', rule: 'bad-word' }]);
    expect([view.findings, view.proposals]).toEqual([[], []]);
  });

  test('ends with words when a rule is defective', async () => {
    const { engine } = arrange({ 'web-1': 'defect' });
    expect((await runWord(engine, 'all')).run).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('the rule is broken'),
    });
  });

  test('can be cancelled while a host is slow, once, and stores nothing afterwards', async () => {
    const { engine, transport, audit } = arrange({ 'web-1': 'bad', 'web-2': 'bad' });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      transport.host('web-2').meanwhile = () => {
        resolve();
        return held;
      };
    });
    const id = await engine.start({ ...ADA, runbook: 'word', selector: 'all', params: {}, channel: null });
    const driving = engine.drive({ kind: 'run', id });
    await reached;
    await engine.cancel(id, ADA);
    release();
    await driving;
    const view = await engine.view(id);
    expect(view.run).toMatchObject({ state: 'cancelled', detail: 'Cancelled by ada.' });
    expect(view.hosts[1]).toMatchObject({ state: 'reading', outcome: null });
    await expect(engine.cancel(id, ADA)).rejects.toMatchObject({ code: 'state/not-applicable' });
    expect(await audit('run:1')).toEqual(['run.started', 'run.cancelled']);
  });

  test('is finished by a second engine when the first one dies, without asking answered hosts again', async () => {
    const { engine, start, transport } = arrange({ 'web-1': 'bad', 'web-2': 'bad' });
    const reached = new Promise<void>((resolve) => {
      transport.host('web-2').meanwhile = async () => {
        resolve();
        await expect.poll(async () => (await engine.view(id)).hosts[0]?.state).toBe('answered');
      };
    });
    const id = await engine.start({ ...ADA, runbook: 'word', selector: 'all', params: {}, channel: null });
    const driving = engine.drive({ kind: 'run', id });
    await reached;
    await expect.poll(async () => (await engine.view(id)).hosts[0]?.state).toBe('answered');
    await engine[Symbol.asyncDispose]();
    await driving;
    delete transport.host('web-2').meanwhile;
    const second = start();
    second.serve();
    await expect.poll(async () => (await second.view(id)).run.state).toBe('finished');
    expect(transport.calls.filter((call) => call === 'web-1 read')).toHaveLength(1);
    expect((await second.view(id)).proposals[0]?.attempts).toHaveLength(2);
  });

  test('fails with words when its runbook changes while it is under way', async () => {
    const { engine, start } = arrange({ 'web-1': 'bad' });
    const id = await engine.start({ ...ADA, runbook: 'word', selector: 'all', params: {}, channel: null });
    const edited = start((context) => ({
      ...context,
      runbooks: { runbooks: [], broken: [], runbook: () => wordRunbook(WORLD, 'v2') },
    }));
    await edited.drive({ kind: 'run', id });
    expect((await engine.view(id)).run).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('was changed while'),
    });
  });

  test('is refused before anything is stored: no role, unknown host', async () => {
    const { engine } = arrange({ 'web-1': 'bad' });
    const ask = (who: typeof ADA, selector: string) =>
      engine.start({ ...who, runbook: 'word', selector, params: {}, channel: null });
    await expect(ask(BOB, 'all')).rejects.toMatchObject({ code: 'policy/not-permitted' });
    await expect(ask(ADA, 'web-9')).rejects.toMatchObject({ code: 'request/unknown-host' });
    expect(await engine.history({ limit: 10 })).toEqual([]);
  });

  test('tells the one who drives it when the store fails, instead of waiting for ever', async () => {
    const full = Object.assign(new Error('full'), { code: 'store/full' });
    const { engine, start } = arrange({ 'web-1': 'bad' });
    const id = await engine.start({ ...ADA, runbook: 'word', selector: 'all', params: {}, channel: null });
    const failing = start((context) => {
      const { runs } = context.store;
      return {
        ...context,
        store: {
          ...context.store,
          runs: { ...runs, answered: () => Promise.reject(full), progressed: () => Promise.reject(full) },
        },
      };
    });
    await expect(failing.drive({ kind: 'run', id })).rejects.toBe(full);
    await engine.drive({ kind: 'run', id });
    expect((await engine.view(id)).run.state).toBe('finished');
  });
});

describe('a change', () => {
  test('is applied host by host, proven, and can be undone', async () => {
    const { engine, transport, approve, work, change, audit } = arrange({ 'web-1': 'bad', 'web-2': 'worse' });
    await runWord(engine, 'all');
    await approve('1-1');
    await work('1-1');
    expect(await change()).toMatchObject({
      state: 'proven',
      attempts: ['proven', 'proven'],
      statements: ['The word was bad and is good.', 'The word was worse and is good.'],
      canUndo: true,
    });
    expect(transport.calls.slice(2)).toEqual([
      'web-1 read',
      'web-1 apply',
      'web-1 read',
      'web-2 read',
      'web-2 apply',
      'web-2 read',
    ]);
    await engine.undo({ ...ADA, proposal: '1-1', reason: 'a mistake' });
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'undone', attempts: ['undone', 'undone'], canUndo: false });
    expect([...transport.hosts.values()].map(({ word }) => word)).toEqual(['bad', 'worse']);
    expect(await audit('proposal:1-1')).toEqual([
      'proposal.approved',
      ...Array(5).fill('attempt.moved'),
      'change.proven',
      'undo.requested',
      'attempt.moved',
      'change.undone',
    ]);
  });

  test('is not begun without an approval, and denied decisions are recorded', async () => {
    const { engine, work, change, transport, audit } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    const decide = (who: typeof ADA, digest?: string) =>
      engine.decide({ ...who, proposal: '1-1', verdict: 'approve', digest, reason: null });
    await expect(decide(ADA)).rejects.toMatchObject({ code: 'policy/not-permitted' });
    await expect(decide(BOB, 'what bob saw long ago')).rejects.toMatchObject({ code: 'state/stale' });
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'open', attempts: ['pending'] });
    expect(transport.calls).toEqual(['web-1 read']);
    await decide(BOB);
    await expect(decide(BOB)).rejects.toMatchObject({ code: 'state/already-decided' });
    expect(await audit('proposal:1-1')).toEqual([
      'decision.denied',
      'decision.denied',
      'proposal.approved',
      'decision.denied',
    ]);
  });

  test('is stale when the facts differ from those approved, says what differs, and leaves the rest alone', async () => {
    const { engine, transport, approve, work, change } = arrange({ 'web-1': 'bad', 'web-2': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').word = 'other';
    await work('1-1');
    const after = await change();
    expect(after).toMatchObject({ state: 'stale', attempts: ['stale', 'untouched'], canUndo: false });
    expect(after.details[0]).toBe(
      'Not as approved any more: word: "bad" when approved, "other" now. Nothing was changed.',
    );
    expect(transport.calls).not.toContain('web-1 apply');
  });

  test('is not begun when somebody put it right already, or the facts cannot be read', async () => {
    const { engine, transport, approve, work, change } = arrange({ 'web-1': 'bad' });
    for (const number of [1, 2, 3]) {
      await runWord(engine, 'all');
      await approve(`${number}-1`);
    }
    transport.host('web-1').word = 'good';
    await work('1-1');
    expect((await change('1-1')).details[0]).toContain('The word is good already.');
    transport.host('web-1').word = 'two words';
    await work('2-1');
    expect(await change('2-1')).toMatchObject({
      state: 'failed',
      details: [expect.stringContaining('kernel: One word was expected.')],
    });
    transport.host('web-1').failure = 'auth_failed';
    await work('3-1');
    expect(await change('3-1')).toMatchObject({
      state: 'failed',
      details: ['web-1: auth_failed, [redacted]. Nothing was changed.'],
    });
  });

  test('is not begun after the approval expired, nor when the approver lost the role', async () => {
    const { engine, start, clock, approve, work, change, transport } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await runWord(engine, 'all');
    await approve('1-1');
    await approve('2-1');
    const without = start((context) => ({ ...context, policy: createPolicy([testPerson('ada', 'run')]) }));
    await work('1-1', without);
    expect(await change('1-1')).toMatchObject({
      state: 'failed',
      details: [expect.stringContaining('do not suffice')],
    });
    clock.ahead(3_600_001);
    await work('2-1');
    expect(await change('2-1')).toMatchObject({ state: 'failed', details: [expect.stringContaining('expired')] });
    expect(transport.calls).not.toContain('web-1 apply');
  });

  test('expires when nobody decides', async () => {
    const { engine, clock, approve, change } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    clock.ahead(3_600_001);
    await expect(approve('1-1')).rejects.toMatchObject({ code: 'state/expired' });
    engine.serve();
    await expect.poll(async () => (await change()).state).toBe('expired');
  });

  test('stops at the first host that fails; those before can be undone, those after were not touched', async () => {
    const { engine, transport, approve, work, change } = arrange({ 'web-1': 'bad', 'web-2': 'bad', 'web-3': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-2').next = 'refused';
    await work('1-1');
    const after = await change();
    expect(after).toMatchObject({ state: 'failed', attempts: ['proven', 'failed', 'untouched'], canUndo: true });
    expect(after.details[1]).toBe('It did not work. an output');
    expect(transport.host('web-3').word).toBe('bad');
    await engine.undo({ ...BOB, proposal: '1-1', reason: null });
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'undone', attempts: ['undone', 'failed', 'untouched'] });
  });

  test('is not proven when the word is not good afterwards', async () => {
    const { engine, transport, approve, work, change } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').meanwhile = () => {
      if (transport.calls.at(-1) === 'web-1 read' && transport.calls.includes('web-1 apply'))
        transport.host('web-1').word = 'bad';
    };
    await work('1-1');
    expect(await change()).toMatchObject({
      state: 'not_proven',
      statements: ['The word was bad and is bad.'],
      canUndo: true,
    });
  });

  test.each([
    ['lost-after', 'proven', 'proven'],
    ['lost-before', 'failed', 'failed'],
    ['running', 'needs_human', 'unknown'],
    ['interrupted', 'needs_human', 'unknown'],
  ] as const)('whose answer is %s becomes %s by asking the receipt, and is sent once', async (how, state, attempt) => {
    const { engine, transport, approve, work, change } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').next = how;
    await work('1-1');
    expect(await change()).toMatchObject({ state, attempts: [attempt] });
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
  });

  test('is not begun on a host that another change is at work on, and such a host is not undone either', async () => {
    const { engine, start, transport, approve, work, change } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await runWord(engine, 'all');
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      transport.host('web-1').meanwhile = async (kind) => {
        if (kind === 'read') return;
        resolve();
        await held;
      };
    });
    const other = start();
    await approve('1-1');
    const first = work('1-1');
    await reached;
    await approve('2-1', other);
    await work('2-1', other);
    expect(await change('2-1')).toMatchObject({
      state: 'failed',
      details: ['Nothing was changed: 1-1 is at work on web-1.'],
    });
    release();
    await first;
    expect(await change('1-1')).toMatchObject({ state: 'proven' });
  });

  test('never begins on one host from two processes at once, whoever reads first', async () => {
    const { engine, start, transport, approve, work, change } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await runWord(engine, 'all');
    const other = start();
    await approve('1-1');
    await approve('2-1');
    // Both see a free host and the approved facts before either stores its intent.
    let waiting = 0;
    let open = (): void => {};
    const bothHere = new Promise<void>((resolve) => {
      open = resolve;
    });
    transport.host('web-1').meanwhile = async (kind) => {
      if (kind === 'change' || waiting >= 2) return;
      waiting += 1;
      if (waiting === 2) open();
      await bothHere;
    };
    await Promise.all([work('1-1'), work('2-1', other)]);
    const states = [(await change('1-1')).state, (await change('2-1')).state].sort();
    expect(states).toEqual(['failed', 'proven']);
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
  });
});

describe('an undo', () => {
  test('is denied to others and recorded, and is not possible for what was not made', async () => {
    const { engine, approve, work, audit } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    const eve = { ...ADA, person: 'eve' as typeof ADA.person };
    await expect(engine.undo({ ...eve, proposal: '1-1', reason: null })).rejects.toMatchObject({
      code: 'policy/unknown-person',
    });
    await expect(engine.undo({ ...ADA, proposal: '1-1', reason: null })).rejects.toMatchObject({
      code: 'state/not-applicable',
    });
    await approve('1-1');
    await work('1-1');
    expect((await audit('proposal:1-1')).filter((event) => event === 'undo.denied')).toHaveLength(2);
  });

  test('is refused when the host was changed since, and works when asked for again after that was put right', async () => {
    const { engine, transport, approve, work, change } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    await work('1-1');
    transport.host('web-1').word = 'mine';
    await engine.undo({ ...ADA, proposal: '1-1', reason: null });
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'undo_failed', attempts: ['undo_refused'], canUndo: true });
    expect(transport.host('web-1').word).toBe('mine');
    transport.host('web-1').word = 'good';
    await engine.undo({ ...ADA, proposal: '1-1', reason: null });
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'undone' });
    expect(transport.host('web-1').word).toBe('bad');
  });

  test('comes to a named end when whoever asked may not undo any more', async () => {
    const { engine, start, approve, work, change, transport } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    await work('1-1');
    await engine.undo({ ...BOB, proposal: '1-1', reason: null });
    const without = start((context) => ({ ...context, policy: createPolicy([testPerson('ada', 'run')]) }));
    await work('1-1', without);
    expect(await change()).toMatchObject({ state: 'undo_failed', attempts: ['undo_unknown'] });
    expect(transport.calls).not.toContain('web-1 undo');
  });

  test('waits while another change is at work on the host', async () => {
    const { engine, transport, approve, work, change, audit } = arrange({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    await work('1-1');
    transport.host('web-1').word = 'worse';
    await runWord(engine, 'all');
    await approve('2-1');
    let asked: Promise<unknown> = Promise.resolve();
    transport.host('web-1').meanwhile = (kind) => {
      if (kind === 'change')
        asked = engine.undo({ ...ADA, proposal: '1-1', reason: null }).catch((error: unknown) => error);
    };
    await work('2-1');
    expect(await asked).toMatchObject({ code: 'state/host-busy', message: '2-1 is at work on web-1' });
    expect(await change('1-1')).toMatchObject({ state: 'proven' });
    expect(await audit('proposal:1-1')).toContain('undo.denied');
  });
});
