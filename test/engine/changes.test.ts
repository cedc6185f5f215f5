import { describe, expect, test } from 'vitest';
import { createPolicy } from '../../src/engine/policy.ts';
import { testPerson } from '../helpers/change.ts';
import { ADA, BOB, runWord } from '../helpers/engine.ts';
import { arrangeEngine } from '../helpers/word-engine.ts';

describe('a change', () => {
  test('is applied host by host, proven, and can be undone', async () => {
    const { engine, transport, approve, work, change, audit } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'worse' });
    await runWord(engine, 'all');
    await approve('1-1');
    await work('1-1');
    expect(await change()).toMatchObject({
      state: 'proven',
      attempts: ['proven', 'proven'],
      statements: [
        'The word was bad and is good.',
        'It is still good.',
        'The word was worse and is good.',
        'It is still good.',
      ],
      canUndo: true,
    });
    expect(transport.calls.slice(2)).toEqual([
      ...['read', 'apply', 'read', 'confirm', 'read'].map((call) => `web-1 ${call}`),
      ...['read', 'apply', 'read', 'confirm', 'read'].map((call) => `web-2 ${call}`),
    ]);
    await engine.undo({ ...ADA, proposal: '1-1', reason: 'a mistake' });
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'undone', attempts: ['undone', 'undone'], canUndo: false });
    expect([...transport.hosts.values()].map(({ word }) => word)).toEqual(['bad', 'worse']);
    expect(await audit('proposal:1-1')).toEqual([
      'proposal.approved',
      ...Array(9).fill('attempt.moved'),
      'change.proven',
      'undo.requested',
      'attempt.moved',
      'change.undone',
    ]);
  });

  test('is not begun without an approval, and denied decisions are recorded', async () => {
    const { engine, work, change, transport, audit } = arrangeEngine({ 'web-1': 'bad' });
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
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad' });
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
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
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
    const { engine, start, clock, approve, work, change, transport } = arrangeEngine({ 'web-1': 'bad' });
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
    const { engine, clock, approve, change } = arrangeEngine({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    clock.ahead(3_600_001);
    await expect(approve('1-1')).rejects.toMatchObject({ code: 'state/expired' });
    engine.serve();
    await expect.poll(async () => (await change()).state).toBe('expired');
  });

  test('stops at the first host that fails; those before can be undone, what had not begun was not touched', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({
      'web-1': 'bad',
      'web-2': 'bad',
      'web-3': 'bad',
    });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-2').next = 'refused';
    transport.host('web-3').meanwhile = async () => {
      await expect.poll(async () => (await change()).attempts[1]).toBe('failed');
    };
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
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
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

  test('is not confirmed when its effect could not be read, and goes on when it can be looked at again', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    const host = transport.host('web-1');
    host.meanwhile = (kind) => {
      if (kind === 'read' && transport.calls.includes('web-1 apply')) host.word = 'no answer at all';
    };
    await work('1-1');
    const stopped = await change();
    expect(stopped).toMatchObject({ state: 'needs_human', attempts: ['unknown', 'untouched'], canUndo: true });
    expect(stopped.details[0]).toBe('It was not confirmed.');
    expect(stopped.statements[0]).toContain('It was applied, but could not be proven');
    expect(transport.calls).not.toContain('web-1 confirm');
    host.meanwhile = () => {};
    host.word = 'good';
    await engine.look('1-1', ADA);
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'proven', attempts: ['proven', 'proven'] });
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
  });

  test.each([
    ['lost-after', 'proven', 'proven'],
    ['lost-before', 'failed', 'failed'],
    ['running', 'needs_human', 'unknown'],
    ['interrupted', 'needs_human', 'unknown'],
  ] as const)('whose answer is %s becomes %s by asking the receipt, and is sent once', async (how, state, attempt) => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').next = how;
    await work('1-1');
    expect(await change()).toMatchObject({ state, attempts: [attempt] });
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
  });

  test('is not begun on a host that another change is at work on, and such a host is not undone either', async () => {
    const { engine, start, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
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
    const { engine, start, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
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
