import { describe, expect, test } from 'vitest';
import { createMemberships } from '../../src/engine/policy/membership.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { DEFAULT_RULES, DEFAULT_TERMS } from '../../src/engine/policy/terms.ts';
import { testPerson } from '../helpers/change.ts';
import { ADA, BOB, runWord } from '../helpers/engine.ts';
import { arrangeEngine } from '../helpers/word-engine.ts';

describe('an undo', () => {
  test('is denied to others and recorded, and is not possible for what was not made', async () => {
    const { engine, approve, work, audit } = arrangeEngine({ 'web-1': 'bad' });
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
    const { engine, transport, approve, work, change } = arrangeEngine({ 'web-1': 'bad' });
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
    const { engine, start, approve, work, change, transport } = arrangeEngine({ 'web-1': 'bad' });
    await runWord(engine, 'all');
    await approve('1-1');
    await work('1-1');
    await engine.undo({ ...BOB, proposal: '1-1', reason: null });
    const without = start((context) => ({ ...context, policy: createPolicy([testPerson('ada', 'run')]) }));
    await work('1-1', without);
    expect(await change()).toMatchObject({ state: 'undo_failed', attempts: ['undo_unknown'] });
    expect((await change()).details[0]).toMatch(
      /^It was not sent now: bob may not undo it any more\. Taking it back was never started on the host/,
    );
    expect(transport.calls).not.toContain('web-1 undo');
  });

  test('goes on after a restart for whoever may undo it by a Slack group', async () => {
    const roles = new Map([['leads', { people: new Set<never>(), slackGroups: ['S1'], unixGroups: [] }]]);
    const rules = { ...DEFAULT_RULES, roles, otherwise: { ...DEFAULT_TERMS, approve: ['leads'] } };
    const people = [testPerson('ada', 'run'), testPerson('bob')];
    const scene = arrangeEngine({ 'web-1': 'bad' }, (context) => {
      const memberships = createMemberships(context.store.groups);
      return { ...context, policy: createPolicy(people, { rules, memberships, clock: context.clock }) };
    });
    const { engine, start, approve, work, change, store, clock } = scene;
    await store.groups.save('S1', ['U_bob'], clock.now());
    await runWord(engine, 'all');
    await approve('1-1');
    await work('1-1');
    await engine.undo({ ...BOB, proposal: '1-1', reason: null });
    await work('1-1', start());
    expect(await change()).toMatchObject({ state: 'undone', attempts: ['undone'] });
  });

  test('waits while another change is at work on the host', async () => {
    const { engine, transport, approve, work, change, audit } = arrangeEngine({ 'web-1': 'bad' });
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
