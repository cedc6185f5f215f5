import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { ChangeEvent, ChangeView, Effect } from '../../src/engine/change.ts';
import { ATTEMPT_STATES, type AttemptState, CHANGE_STATES } from '../../src/engine/state.ts';
import { canLook, canUndo, nextEffects, transition } from '../../src/engine/transition.ts';
import { opened, provenOn, statesOf, type Terms } from '../helpers/transitions.ts';

const REPORTS = ['done', 'failed', 'drifted', 'busy', 'interrupted', 'unrestored', 'reverted', 'unreachable'] as const;
const REREADS = ['same', 'different', 'unreadable', 'too_late'] as const;
const OUTCOMES = ['proven', 'not_proven', 'harmful'] as const;
const SIGNALS = [...OUTCOMES, 'unjudged'] as const;
const CONFIRMED = ['confirmed', 'reverted', 'interrupted', 'unreachable'] as const;
const BEGUN: readonly AttemptState[] = [
  'intended',
  'looking',
  'applied',
  'signalled',
  'missed',
  'harmful',
  'confirmed',
];
const FINAL = CHANGE_STATES.filter((state) => !['open', 'applying', 'undoing'].includes(state));

const TERMS: fc.Arbitrary<Terms> = fc.record({
  unproven: fc.constantFrom('keep' as const, 'undo' as const),
  slowProof: fc.boolean(),
});

/** All outcomes that an effect can have. */
function outcomesOf({ type, host }: Effect): ChangeEvent[] {
  switch (type) {
    case 'reread':
      return REREADS.map((result) => ({ type: 'facts.reread', host, result }));
    case 'apply':
      return REPORTS.map((report) => ({ type: 'attempt.reported', host, report }));
    case 'look':
      return REPORTS.map((report) => ({ type: 'attempt.looked', host, report }));
    case 'signal':
      return SIGNALS.map((outcome) => ({ type: 'attempt.signalled', host, outcome }));
    case 'confirm':
      return CONFIRMED.map((report) => ({ type: 'attempt.confirmed', host, report }));
    case 'prove':
      return OUTCOMES.map((outcome) => ({ type: 'attempt.judged', host, outcome }));
    case 'revert':
      return REPORTS.map((report) => ({ type: 'attempt.reverted', host, report }));
    case 'undo':
      return REPORTS.map((report) => ({ type: 'undo.reported', host, report }));
  }
}

const EFFECT_TYPES: readonly Effect['type'][] = [
  'reread',
  'apply',
  'look',
  'signal',
  'confirm',
  'prove',
  'revert',
  'undo',
];
const PEOPLES: readonly ChangeEvent[] = [
  { type: 'proposal.approved' },
  { type: 'proposal.rejected' },
  { type: 'proposal.expired' },
  { type: 'look.requested' },
  { type: 'undo.requested' },
];

/** All events there are, for any of the hosts. */
function everyEvent(change: ChangeView): ChangeEvent[] {
  const hosts = [...change.attempts.map(({ host }) => host), asHostName('stranger')];
  return [...PEOPLES, ...hosts.flatMap((host) => EFFECT_TYPES.flatMap((type) => outcomesOf({ type, host })))];
}

/** The events that can happen now: what people may do, the outcomes of what is due, and what was read too late to matter. */
function legalEvents(change: ChangeView): ChangeEvent[] {
  const late = change.attempts
    .filter(({ state }) => state === 'untouched')
    .flatMap(({ host }) => outcomesOf({ type: 'reread', host }));
  if (change.state === 'open') return [...PEOPLES.slice(0, 3), ...late];
  const effects = nextEffects(change);
  if (effects.length > 0) return [...effects.flatMap(outcomesOf), ...late];
  return [
    ...(canLook(change) ? [{ type: 'look.requested' } as const] : []),
    ...(canUndo(change) ? [{ type: 'undo.requested' } as const] : []),
    ...late,
  ];
}

function invariantsHold(change: ChangeView): void {
  const states = statesOf(change);
  expect(nextEffects(change).length > 0).toBe(change.state === 'applying' || change.state === 'undoing');
  if (change.state === 'applying' && !states.includes('looking')) {
    const batchStates = change.rollout.batches.map((batch) =>
      change.attempts.filter(({ host }) => batch.includes(host)).map(({ state }) => state),
    );
    const begun = batchStates.findLastIndex((batch) => batch.some((state) => BEGUN.includes(state)));
    for (const earlier of batchStates.slice(0, Math.max(begun, 0)))
      expect(earlier.every((state) => !BEGUN.includes(state) && state !== 'pending')).toBe(true);
  }
  if (FINAL.includes(change.state) && change.state !== 'rejected' && change.state !== 'expired')
    expect(states.some((state) => [...BEGUN, 'pending', 'undo_intended'].includes(state))).toBe(false);
  if (change.state === 'proven') expect(new Set(states)).toEqual(new Set(['proven']));
  if (change.state === 'undone') expect(states.filter((state) => state.startsWith('undo_'))).toEqual([]);
}

describe('the life of a change', () => {
  test('keeps its invariants in any order of legal events', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        TERMS,
        fc.array(fc.nat(), { maxLength: 80 }),
        (hosts, terms, choices) => {
          let change = opened(hosts, terms);
          const intended = new Map<string, number>();
          for (const choice of choices) {
            const events = legalEvents(change);
            const event = events[choice % Math.max(events.length, 1)];
            if (!event) break;
            const before = change;
            change = transition(before, event);
            invariantsHold(change);
            if (FINAL.includes(before.state) && change !== before)
              expect(['undo.requested', 'look.requested']).toContain(event.type);
            const begun = change.attempts.filter(
              ({ state }, index) => state === 'intended' && before.attempts[index]?.state !== state,
            );
            for (const { host } of begun) intended.set(host, (intended.get(host) ?? 0) + 1);
          }
          expect([...intended.values()].every((count) => count === 1)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('throws on every event that is not legal, and on no legal one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        TERMS,
        fc.array(fc.nat(), { maxLength: 20 }),
        (hosts, terms, choices) => {
          let change = opened(hosts, terms);
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
        },
      ),
      { numRuns: 300 },
    );
  });

  test('has effects only for its own hosts, and none while it waits for people', () => {
    const states = fc.array(fc.constantFrom(...ATTEMPT_STATES), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...CHANGE_STATES), states, TERMS, (state, attemptStates, terms) => {
        const fresh = opened(attemptStates.length, terms);
        const attempts = fresh.attempts.map(({ host }, index) => ({ host, state: attemptStates[index] ?? 'pending' }));
        const effects = nextEffects({ ...fresh, state, attempts });
        if (state !== 'applying' && state !== 'undoing') expect(effects).toEqual([]);
        for (const { host } of effects) expect(fresh.attempts.map((attempt) => attempt.host)).toContain(host);
      }),
    );
  });
});

const [FIRST, SECOND, THIRD] = [asHostName('web-1'), asHostName('web-2'), asHostName('web-3')];

describe('batches of hosts', () => {
  test('the canary is proven before any other host is touched, and then the others begin side by side', () => {
    let change = transition(opened(3), { type: 'proposal.approved' });
    expect(nextEffects(change)).toEqual([{ type: 'reread', host: FIRST }]);
    change = provenOn(change, FIRST);
    expect(nextEffects(change)).toEqual([
      { type: 'reread', host: SECOND },
      { type: 'reread', host: THIRD },
    ]);
  });

  test('a host that does not succeed leaves untouched what has not begun, and lets go on what has', () => {
    let change = provenOn(transition(opened(3), { type: 'proposal.approved' }), FIRST);
    change = transition(change, { type: 'facts.reread', host: SECOND, result: 'same' });
    change = transition(change, { type: 'attempt.reported', host: SECOND, report: 'interrupted' });
    expect(change).toMatchObject({ state: 'needs_human' });
    expect(statesOf(change)).toEqual(['proven', 'unknown', 'untouched']);
    change = transition(change, { type: 'facts.reread', host: THIRD, result: 'same' });
    expect(statesOf(change)).toEqual(['proven', 'unknown', 'untouched']);
    change = transition(change, { type: 'undo.requested' });
    expect(statesOf(change)).toEqual(['undo_intended', 'undo_intended', 'untouched']);
  });

  test('a host that is under way when another fails goes on to its end', () => {
    let change = provenOn(transition(opened(3), { type: 'proposal.approved' }), FIRST);
    change = transition(change, { type: 'facts.reread', host: SECOND, result: 'same' });
    change = transition(change, { type: 'facts.reread', host: THIRD, result: 'same' });
    change = transition(change, { type: 'attempt.reported', host: SECOND, report: 'failed' });
    expect(change.state).toBe('applying');
    expect(nextEffects(change)).toEqual([{ type: 'apply', host: THIRD }]);
  });
});

test('a host whose outcome is not known can be asked again, and goes on from what its receipt says', () => {
  let change = transition(opened(2), { type: 'proposal.approved' });
  change = transition(change, { type: 'facts.reread', host: FIRST, result: 'same' });
  change = transition(change, { type: 'attempt.reported', host: FIRST, report: 'unreachable' });
  expect(canLook(change)).toBe(true);
  change = transition(change, { type: 'look.requested' });
  expect(nextEffects(change)).toEqual([{ type: 'look', host: FIRST }]);
  const healed = transition(change, { type: 'attempt.looked', host: FIRST, report: 'reverted' });
  expect(healed).toMatchObject({ state: 'reverted' });
  const there = transition(change, { type: 'attempt.looked', host: FIRST, report: 'done' });
  expect(nextEffects(there)).toEqual([{ type: 'signal', host: FIRST }]);
});
