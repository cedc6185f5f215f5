import { describe, expect, test } from 'vitest';
import { attemptSentences, changeSentences } from '../../src/engine/phrases.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { DEFAULT_RULES } from '../../src/engine/policy/terms.ts';
import { ADA, runWord, type WordWorld } from '../helpers/engine.ts';
import { arrangeEngine } from '../helpers/word-engine.ts';
import type { WordTransport } from '../helpers/word-hosts.ts';

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

describe('a change that does harm', () => {
  test.each(['fast', 'slow'] as const)(
    'by the %s look is taken back, no other host gets it, and it says so',
    async (harms) => {
      const words = { 'web-1': 'bad', 'web-2': 'bad' };
      const { engine, transport, approve, work, change } = arrangeEngine(words, undefined, { path: '/word', harms });
      const { run } = await runWord(engine, 'all');
      await approve('1-1');
      await work('1-1');
      expect(await change()).toMatchObject({ state: 'reverted', attempts: ['reverted', 'untouched'], canUndo: false });
      expect([...transport.hosts.values()].map(({ word }) => word)).toEqual(['bad', 'bad']);
      const [proposal] = (await engine.view(run.id)).proposals;
      expect(proposal && changeSentences(proposal).join(' ')).toContain(
        'Taken back on web-1: errors appeared after it. Not touched: web-2.',
      );
      expect(proposal && attemptSentences(proposal)).toEqual([
        'web-1: The word was bad and is good.',
        ...(harms === 'slow' ? ['web-1: It is still good.'] : []),
      ]);
      expect(transport.calls.includes('web-1 confirm')).toBe(harms === 'slow');
    },
  );

  test('and cannot be taken back, because the host does not answer, is left to a person, who is told why', async () => {
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' }, undefined, HARM);
    await runWord(engine, 'all');
    await approve('1-1');
    const host = transport.host('web-1');
    host.meanwhile = (kind) => {
      if (kind === 'change' && transport.calls.at(-1) === 'web-1 undo') host.failure = 'unreachable';
    };
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'needs_human', attempts: ['unknown'], canUndo: true });
    const [detail] = (await change()).details;
    expect(detail).toMatch(/^Errors appeared after it, so it was to be put back\. .*Whether the change was taken back/);
    delete host.meanwhile;
    delete host.failure;
    await engine.look('1-1', ADA);
    await work('1-1');
    expect(await change()).toMatchObject({
      state: 'reverted',
      details: ['Errors appeared after it, so it was put back.'],
    });
    expect(host.word).toBe('bad');
  });

  test('whose approval has ended meanwhile is not taken back from here, and it says so', async () => {
    const { engine, transport, clock, approve, work, change } = arrangeEngine({ 'web-1': 'bad' }, undefined, HARM);
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').meanwhile = afterApplying(transport, () => clock.ahead(7_500_000));
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    expect((await change()).details[0]).toMatch(
      /^Errors appeared after it, so it was to be put back\. It was not sent now: its approval ended \d+ min .*ago\. Taking it back was never started on the host: the change is still there, unless the host took it back by itself\.$/,
    );
    expect(transport.calls).not.toContain('web-1 undo');
  });
});

const HARM: WordWorld = { path: '/word', harms: 'fast' };

/** Does something once, when a host is first read after the change was made there. */
function afterApplying(transport: WordTransport, act: () => void): (kind: 'read' | 'change') => void {
  let done = false;
  return (kind) => {
    if (done || kind !== 'read' || !transport.calls.includes('web-1 apply')) return;
    done = true;
    act();
  };
}

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

  test('is not sent any more when the approval has ended meanwhile, and says why', async () => {
    const { engine, transport, clock, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').meanwhile = afterApplying(transport, () => clock.ahead(7_500_000));
    await work('1-1');
    expect(await change()).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    expect((await change()).details[0]).toMatch(
      /^It was not confirmed now: its approval ended \d+ min .*ago\. Unless it was confirmed already or the host restarted, the host takes it back by itself\.$/,
    );
    expect(transport.calls).not.toContain('web-1 confirm');
  });

  test('of unknown outcome is asked about again by what is known of groups by then', async () => {
    let refreshed = 0;
    const refresh = async () => {
      refreshed += 1;
    };
    const memberships = { of: () => undefined, refresh };
    const roles = new Map([['sre', { people: new Set<never>(), slackGroups: ['S1'], unixGroups: [] }]]);
    const { engine, transport, approve, work } = arrangeEngine({ 'web-1': 'bad' }, (context) => ({
      ...context,
      policy: createPolicy(context.policy.people, { memberships, rules: { ...DEFAULT_RULES, roles } }),
    }));
    await runWord(engine, 'all');
    await approve('1-1');
    transport.host('web-1').next = 'interrupted';
    await work('1-1');
    const before = refreshed;
    await engine.look('1-1', ADA);
    expect(refreshed).toBe(before + 1);
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
