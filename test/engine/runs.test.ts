import { describe, expect, test } from 'vitest';
import type { Remedy } from '../../src/remedies/remedy.ts';
import { ADA, BOB, runWord, wordRemedy, wordRunbook } from '../helpers/engine.ts';
import { arrangeEngine, WORLD } from '../helpers/word-engine.ts';

describe('a run', () => {
  test('asks every host, judges, and proposes for the hosts with findings only', async () => {
    const { engine, audit } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'good', 'web-3': 'stubborn' });
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
    const { engine, transport } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad', 'web-3': 'bad' });
    transport.host('web-2').failure = 'unreachable';
    const view = await runWord(engine, 'all');
    expect(view.hosts.map(({ outcome }) => outcome)).toEqual(['ok', 'unreachable', 'ok']);
    expect(view.hosts[1]?.detail).toBe('web-2: unreachable, [redacted].');
    expect(view.proposals[0]?.proposal.plan.hosts.map(({ host }) => host)).toEqual(['web-1', 'web-3']);
  });

  test('records output that holds no fact, and says which rule could not conclude', async () => {
    const { engine } = arrangeEngine({ 'web-1': 'two words' });
    const view = await runWord(engine, 'web-1');
    expect(view.steps).toMatchObject([{ host: 'web-1', stdout: 'two words', problem: 'unreadable' }]);
    expect(view.notConcluded).toMatchObject([{ host: 'web-1', rule: 'bad-word' }]);
    expect([view.findings, view.proposals]).toEqual([[], []]);
  });

  test('ends with words when a rule is defective', async () => {
    const { engine } = arrangeEngine({ 'web-1': 'defect' });
    expect((await runWord(engine, 'all')).run).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('the rule is broken'),
    });
  });

  test('can be cancelled while a host is slow, once, and stores nothing afterwards', async () => {
    const { engine, transport, audit } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad' });
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
    expect(await audit('run:1')).toEqual(['run.started', 'run.cancelled', 'cancel.denied']);
  });

  test('is finished by a second engine when the first one dies, without asking answered hosts again', async () => {
    const { engine, start, transport } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad' });
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
    const { engine, start } = arrangeEngine({ 'web-1': 'bad' });
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
    const { engine } = arrangeEngine({ 'web-1': 'bad' });
    const ask = (who: typeof ADA, selector: string) =>
      engine.start({ ...who, runbook: 'word', selector, params: {}, channel: null });
    await expect(ask(BOB, 'all')).rejects.toMatchObject({ code: 'policy/not-permitted' });
    await expect(ask(ADA, 'web-9')).rejects.toMatchObject({ code: 'request/unknown-host' });
    expect(await engine.history({ limit: 10 })).toEqual([]);
  });

  test('tells the one who drives it when the store fails, instead of waiting for ever', async () => {
    const full = Object.assign(new Error('full'), { code: 'store/full' });
    const { engine, start } = arrangeEngine({ 'web-1': 'bad' });
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

describe('what a run offers', () => {
  const offering = (unless: readonly string[]) => {
    const runbook = wordRunbook(WORLD);
    const [offer] = runbook.offers;
    if (!offer) throw new Error('the word is not offered');
    const second = { ...offer.remedy, id: 'better-word', title: 'write a better word' };
    return { ...runbook, offers: [offer, { ...offer, remedy: second, unless }] };
  };
  const arranged = (unless: readonly string[]) =>
    arrangeEngine({ 'web-1': 'bad' }, (context) => ({
      ...context,
      runbooks: { runbooks: [], broken: [], runbook: () => offering(unless) },
    }));

  test('is numbered as it is proposed', async () => {
    const { engine } = arranged([]);
    expect((await runWord(engine, 'all')).proposals.map(({ proposal }) => proposal.id)).toEqual(['1-1', '1-2']);
  });

  test('leaves out what an earlier proposal makes needless, and says so', async () => {
    const { engine } = arranged(['good-word']);
    const view = await runWord(engine, 'all');
    expect(view.proposals.map(({ proposal }) => proposal.plan.title)).toEqual(['write a good word']);
    expect(view.notConcluded).toEqual([
      {
        host: 'web-1',
        rule: 'write a better word',
        because: 'Proposal 1-1 goes to the root of it (write a good word); run again if that does not suffice.',
      },
    ]);
  });

  test('is nothing when no command to a host could carry it', async () => {
    const lengthy: Remedy = {
      ...wordRemedy(WORLD),
      plan: (input) => {
        const planned = wordRemedy(WORLD).plan(input);
        if (planned.kind !== 'change') return planned;
        const actions = [{ kind: 'file', path: '/word', before: 'bad', after: 'good\n'.repeat(20_000) } as const];
        return { ...planned, plan: { ...planned.plan, actions } };
      },
    };
    const runbook = wordRunbook(WORLD);
    const offers = runbook.offers.map((offer) => ({ ...offer, remedy: lengthy }));
    const { engine } = arrangeEngine({ 'web-1': 'bad' }, (context) => ({
      ...context,
      runbooks: { runbooks: [], broken: [], runbook: () => ({ ...runbook, offers }) },
    }));
    const view = await runWord(engine, 'all');
    expect(view.proposals).toEqual([]);
    expect(view.notConcluded.map(({ because }) => because)).toEqual([
      expect.stringContaining('more places than one command to a host can carry'),
    ]);
  });

  test('is nothing while too few hosts answer', async () => {
    const { engine, transport } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad', 'web-3': 'bad' });
    for (const name of ['web-2', 'web-3']) transport.host(name).failure = 'unreachable';
    const view = await runWord(engine, 'all');
    expect(view.proposals).toEqual([]);
    expect(view.notConcluded).toEqual([
      {
        host: 'web-1',
        rule: 'write a good word',
        because: 'only 1 of 3 hosts answered; a fix is offered from 50 % on',
      },
    ]);
  });
});
