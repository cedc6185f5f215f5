import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { ATTEMPT_STATES, type AttemptState, CHANGE_STATES } from '../../src/engine/state.ts';
import { type ChangeEvent, type ChangeView, canUndo, nextEffect, transition } from '../../src/engine/transition.ts';

const REPORTS = ['done', 'failed', 'drifted', 'interrupted', 'unrestored', 'unreachable'] as const;
const REREADS = ['same', 'different', 'unreadable', 'too_late'] as const;
const WORKED_ON: readonly AttemptState[] = ['intended', 'applied'];
const FINAL = CHANGE_STATES.filter((state) => !['open', 'applying', 'undoing'].includes(state));

function opened(hosts: number): ChangeView {
  return {
    state: 'open',
    attempts: Array.from({ length: hosts }, (_, index) => ({ host: asHostName(`web-${index + 1}`), state: 'pending' })),
  };
}

/** All events there are, for any of the hosts. */
function everyEvent(change: ChangeView): ChangeEvent[] {
  const hosts = [...change.attempts.map(({ host }) => host), asHostName('stranger')];
  return [
    { type: 'proposal.approved' },
    { type: 'proposal.rejected' },
    { type: 'proposal.expired' },
    { type: 'undo.requested' },
    ...hosts.flatMap((host): ChangeEvent[] => [
      ...REREADS.map((result) => ({ type: 'facts.reread', host, result }) as const),
      ...REPORTS.map((report) => ({ type: 'attempt.reported', host, report }) as const),
      ...REPORTS.map((report) => ({ type: 'undo.reported', host, report }) as const),
      ...(['proven', 'not_proven'] as const).map((outcome) => ({ type: 'attempt.judged', host, outcome }) as const),
    ]),
  ];
}

/** The events that the engine can cause now: what people may do, and the outcomes of the next effect. */
function legalEvents(change: ChangeView): ChangeEvent[] {
  if (change.state === 'open')
    return [{ type: 'proposal.approved' }, { type: 'proposal.rejected' }, { type: 'proposal.expired' }];
  const effect = nextEffect(change);
  if (!effect) return canUndo(change) ? [{ type: 'undo.requested' }] : [];
  const { host } = effect;
  switch (effect.type) {
    case 'reread':
      return REREADS.map((result) => ({ type: 'facts.reread', host, result }));
    case 'apply':
      return REPORTS.map((report) => ({ type: 'attempt.reported', host, report }));
    case 'verify':
      return [
        { type: 'attempt.judged', host, outcome: 'proven' },
        { type: 'attempt.judged', host, outcome: 'not_proven' },
      ];
    case 'undo':
      return REPORTS.map((report) => ({ type: 'undo.reported', host, report }));
  }
}

function invariantsHold(change: ChangeView): void {
  const states = change.attempts.map(({ state }) => state);
  expect(states.filter((state) => WORKED_ON.includes(state)).length).toBeLessThanOrEqual(1);
  expect(nextEffect(change) !== undefined).toBe(change.state === 'applying' || change.state === 'undoing');
  if (change.state === 'applying') {
    const first = states.findIndex((state) => state !== 'proven');
    expect(states.slice(first + 1).every((state) => state === 'pending')).toBe(true);
  }
  if (FINAL.includes(change.state) && change.state !== 'rejected' && change.state !== 'expired')
    expect(states.some((state) => ['pending', 'intended', 'applied', 'undo_intended'].includes(state))).toBe(false);
  if (change.state === 'proven') expect(new Set(states)).toEqual(new Set(['proven']));
  if (change.state === 'undone') expect(states.filter((state) => state.startsWith('undo_'))).toEqual([]);
}

describe('the life of a change', () => {
  test('keeps its invariants in any order of legal events', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(), { maxLength: 60 }), (hosts, choices) => {
        let change = opened(hosts);
        const intended = new Map<string, number>();
        for (const choice of choices) {
          const events = legalEvents(change);
          const event = events[choice % Math.max(events.length, 1)];
          if (!event) break;
          const before = change;
          change = transition(before, event);
          invariantsHold(change);
          if (FINAL.includes(before.state)) expect(event.type).toBe('undo.requested');
          const changed = change.attempts.filter(({ state }, index) => before.attempts[index]?.state !== state);
          for (const { host, state } of changed.filter(({ state }) => state === 'intended'))
            intended.set(`${host} ${state}`, (intended.get(`${host} ${state}`) ?? 0) + 1);
        }
        expect([...intended.values()].every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('throws on every event that is not legal, and on no legal one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(fc.nat(), { maxLength: 20 }), (hosts, choices) => {
        let change = opened(hosts);
        for (const choice of choices) {
          const legal = legalEvents(change);
          const keys = new Set(legal.map((event) => JSON.stringify(event)));
          for (const event of everyEvent(change).filter((candidate) => !keys.has(JSON.stringify(candidate)))) {
            expect(() => transition(change, event), `${change.state}: ${JSON.stringify(event)}`).toThrow('cannot');
          }
          const next = legal[choice % Math.max(legal.length, 1)];
          if (!next) break;
          change = transition(change, next);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('has a next effect or none for every combination of states, and never for a change that waits for people', () => {
    const state = fc.constantFrom(...ATTEMPT_STATES);
    fc.assert(
      fc.property(fc.constantFrom(...CHANGE_STATES), fc.array(state, { maxLength: 4 }), (change, states) => {
        const view = {
          state: change,
          attempts: states.map((each, index) => ({ host: asHostName(`h${index}`), state: each })),
        };
        const effect = nextEffect(view);
        if (change !== 'applying' && change !== 'undoing') expect(effect).toBeUndefined();
        if (effect) expect(view.attempts.map(({ host }) => host)).toContain(effect.host);
      }),
    );
  });

  test('stops at the first host that is not proven and leaves the rest untouched', () => {
    const [first, second] = [asHostName('web-1'), asHostName('web-2')];
    let change = transition(opened(3), { type: 'proposal.approved' });
    change = transition(change, { type: 'facts.reread', host: first, result: 'same' });
    change = transition(change, { type: 'attempt.reported', host: first, report: 'done' });
    change = transition(change, { type: 'attempt.judged', host: first, outcome: 'proven' });
    change = transition(change, { type: 'facts.reread', host: second, result: 'same' });
    change = transition(change, { type: 'attempt.reported', host: second, report: 'interrupted' });
    expect(change).toMatchObject({ state: 'needs_human' });
    expect(change.attempts.map(({ state }) => state)).toEqual(['proven', 'unknown', 'untouched']);
    change = transition(change, { type: 'undo.requested' });
    expect(change.attempts.map(({ state }) => state)).toEqual(['undo_intended', 'undo_intended', 'untouched']);
  });

  test('cannot reread a host while another one is worked on', () => {
    let change = transition(opened(2), { type: 'proposal.approved' });
    change = transition(change, { type: 'facts.reread', host: asHostName('web-1'), result: 'same' });
    expect(() => transition(change, { type: 'facts.reread', host: asHostName('web-2'), result: 'same' })).toThrow(
      'cannot',
    );
  });
});
