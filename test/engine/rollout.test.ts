import { describe, expect, test } from 'vitest';
import { ADA, runWord } from '../helpers/engine.ts';
import { arrangeEngine } from '../helpers/word-engine.ts';

describe('the hosts of a change', () => {
  const WORDS = { 'web-1': 'bad', 'web-2': 'bad', 'web-3': 'bad' };

  test('get it one alone, then the others side by side', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine(WORDS);
    await runWord(engine, 'all');
    await approve('1-1');
    let waiting = 0;
    const together = new Promise<void>((resolve) => {
      for (const name of ['web-2', 'web-3']) {
        transport.host(name).meanwhile = async (kind) => {
          if (kind === 'read') return;
          expect(transport.calls.filter((call) => call.startsWith('web-1')).at(-1)).toBe('web-1 read');
          expect(transport.calls).toContain('web-1 confirm');
          waiting += 1;
          if (waiting === 2) resolve();
          await together;
        };
      }
    });
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'proven', attempts: ['proven', 'proven', 'proven'] });
  });

  test('that are under way when another fails are brought to their end, and named', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine(WORDS);
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-2').next = 'refused';
    transport.host('web-3').meanwhile = async (kind) => {
      if (kind === 'change') await expect.poll(async () => (await change()).attempts[1]).toBe('failed');
    };
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'failed', attempts: ['proven', 'failed', 'proven'] });
  });

  test('that another bot is at work on are left alone', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').next = 'busy';
    await work('1-1');
    expect(await change()).toMatchObject({
      state: 'failed',
      details: [expect.stringContaining('It could not begin.')],
    });
  });
});

describe('a confirmation', () => {
  test('that comes too late finds the change taken back by its host', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').confirms = 'REVERTED';
    await work('1-1');
    expect(await change()).toMatchObject({
      state: 'reverted',
      attempts: ['reverted', 'untouched'],
      details: [expect.stringContaining('because it was not confirmed in time'), null],
      canUndo: false,
    });
  });

  test('that does not reach the host leaves it to a person, who can have the host asked again', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').meanwhile = (kind) => {
      if (kind === 'change' && transport.calls.at(-1) === 'web-1 confirm')
        transport.host('web-1').failure = 'unreachable';
    };
    await work('1-1');
    expect(await change()).toMatchObject({
      state: 'needs_human',
      details: [expect.stringContaining('the host takes it back by itself')],
    });
    delete transport.host('web-1').meanwhile;
    delete transport.host('web-1').failure;
    await engine.look('1-1', ADA);
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'proven', attempts: ['proven'] });
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
    await expect(engine.look('1-1', ADA)).rejects.toMatchObject({ code: 'state/not-applicable' });
  });
});

describe('changes of one process', () => {
  const held = () => {
    let release = (): void => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    return { until, release: () => release() };
  };

  test('go side by side on different hosts', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad', 'web-2': 'bad' });
    await runWord(engine, 'web-1');
    await runWord(engine, 'web-2');
    await approve('1-1');
    await approve('2-1');
    const gate = held();
    transport.host('web-1').meanwhile = (kind) => (kind === 'change' ? gate.until : undefined);
    const slow = work('1-1');
    await work('2-1');
    expect([(await change('1-1')).state, (await change('2-1')).state]).toEqual(['applying', 'proven']);
    gate.release();
    await slow;
    expect((await change('1-1')).state).toBe('proven');
  });

  test('wait for each other on the same host, and the second looks at what the first left', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await runWord(engine, 'all');
    await approve('1-1');
    await approve('2-1');
    await Promise.all([work('1-1'), work('2-1')]);
    expect([(await change('1-1')).state, (await change('2-1')).state]).toEqual(['proven', 'stale']);
    expect((await change('2-1')).details[0]).toContain('The word is good already.');
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
  });
});
