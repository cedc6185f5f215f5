import { describe, expect, test } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { ChangeEvent, ChangeView } from '../../src/engine/change.ts';
import { canLook, canUndo, nextEffects, transition } from '../../src/engine/transition.ts';
import { opened, provenOn, statesOf, type Terms } from '../helpers/transitions.ts';

const [FIRST, SECOND] = [asHostName('web-1'), asHostName('web-2')];

describe('a change that misses its prediction', () => {
  const missed = (terms: Terms): ChangeView =>
    (
      [
        { type: 'proposal.approved' },
        { type: 'facts.reread', host: FIRST, result: 'same' },
        { type: 'attempt.reported', host: FIRST, report: 'done' },
        { type: 'attempt.signalled', host: FIRST, outcome: 'not_proven' },
      ] satisfies ChangeEvent[]
    ).reduce<ChangeView>(transition, opened(1, terms));

  test('is confirmed and kept for a person to judge, or taken back, as the policy wants', () => {
    const kept = missed({ unproven: 'keep', slowProof: true });
    expect(nextEffects(kept)).toEqual([{ type: 'confirm', host: FIRST }]);
    const confirmed = transition(kept, { type: 'attempt.confirmed', host: FIRST, report: 'confirmed' });
    expect(confirmed).toMatchObject({ state: 'not_proven', attempts: [{ state: 'not_proven' }] });

    const taken = missed({ unproven: 'undo', slowProof: true });
    expect(nextEffects(taken)).toEqual([{ type: 'revert', host: FIRST }]);
    const reverted = transition(taken, { type: 'attempt.reverted', host: FIRST, report: 'done' });
    expect(reverted).toMatchObject({ state: 'reverted', attempts: [{ state: 'reverted' }] });
    expect(canUndo(reverted)).toBe(false);
  });

  test('leaves untouched what has not begun, before it is known how it is dealt with', () => {
    let change = provenOn(transition(opened(3), { type: 'proposal.approved' }), FIRST);
    change = transition(change, { type: 'facts.reread', host: SECOND, result: 'same' });
    change = transition(change, { type: 'attempt.reported', host: SECOND, report: 'done' });
    change = transition(change, { type: 'attempt.signalled', host: SECOND, outcome: 'not_proven' });
    expect(statesOf(change)).toEqual(['proven', 'missed', 'untouched']);
    expect(nextEffects(change)).toEqual([{ type: 'confirm', host: SECOND }]);
  });

  test('is not confirmed when nobody could judge it: a person has to look, or the policy has it taken back', () => {
    const unjudged = (terms: Terms): ChangeView =>
      (
        [
          { type: 'proposal.approved' },
          { type: 'facts.reread', host: FIRST, result: 'same' },
          { type: 'attempt.reported', host: FIRST, report: 'done' },
          { type: 'attempt.signalled', host: FIRST, outcome: 'unjudged' },
        ] satisfies ChangeEvent[]
      ).reduce<ChangeView>(transition, opened(2, terms));
    const kept = unjudged({ unproven: 'keep', slowProof: true });
    expect(kept).toMatchObject({ state: 'needs_human', attempts: [{ state: 'unknown' }, { state: 'untouched' }] });
    expect([nextEffects(kept), canLook(kept), canUndo(kept)]).toEqual([[], true, true]);
    expect(nextEffects(unjudged({ unproven: 'undo', slowProof: true }))).toEqual([{ type: 'revert', host: FIRST }]);
  });

  test('is taken back when only the slow proof misses', () => {
    let change = transition(opened(1, { unproven: 'undo', slowProof: true }), { type: 'proposal.approved' });
    change = transition(change, { type: 'facts.reread', host: FIRST, result: 'same' });
    change = transition(change, { type: 'attempt.reported', host: FIRST, report: 'done' });
    change = transition(change, { type: 'attempt.signalled', host: FIRST, outcome: 'proven' });
    change = transition(change, { type: 'attempt.confirmed', host: FIRST, report: 'confirmed' });
    change = transition(change, { type: 'attempt.judged', host: FIRST, outcome: 'not_proven' });
    expect(nextEffects(change)).toEqual([{ type: 'revert', host: FIRST }]);
  });
});

describe('a change that does harm', () => {
  const begun = (slowProof: boolean): ChangeView =>
    (
      [
        { type: 'proposal.approved' },
        { type: 'facts.reread', host: FIRST, result: 'same' },
        { type: 'attempt.reported', host: FIRST, report: 'done' },
      ] satisfies ChangeEvent[]
    ).reduce<ChangeView>(transition, opened(2, { unproven: 'keep', slowProof }));

  test('is taken back at once although one that does not help would be kept, and no other host gets it', () => {
    const harmful = transition(begun(true), { type: 'attempt.signalled', host: FIRST, outcome: 'harmful' });
    expect(statesOf(harmful)).toEqual(['harmful', 'untouched']);
    expect(nextEffects(harmful)).toEqual([{ type: 'revert', host: FIRST }]);
    const taken = transition(harmful, { type: 'attempt.reverted', host: FIRST, report: 'done' });
    expect([taken.state, canUndo(taken)]).toEqual(['reverted', false]);
    const stuck = transition(harmful, { type: 'attempt.reverted', host: FIRST, report: 'unreachable' });
    expect([stuck.state, canUndo(stuck), canLook(stuck)]).toEqual(['needs_human', true, true]);
  });

  test('is taken back when only the slow proof sees it, although it was confirmed', () => {
    const events: readonly ChangeEvent[] = [
      { type: 'attempt.signalled', host: FIRST, outcome: 'proven' },
      { type: 'attempt.confirmed', host: FIRST, report: 'confirmed' },
      { type: 'attempt.judged', host: FIRST, outcome: 'harmful' },
    ];
    const harmful = events.reduce(transition, begun(true));
    expect(nextEffects(harmful)).toEqual([{ type: 'revert', host: FIRST }]);
  });
});
