import { describe, expect, test } from 'vitest';
import type { Attempt, Proposal } from '../../src/engine/model.ts';
import { changeSentences, safetySentence } from '../../src/engine/phrases.ts';
import type { ProposalView } from '../../src/engine/view.ts';
import { takenBackSentence } from '../../src/engine/taken-back.ts';
import { testAttempts, testPlan, testProposal } from '../helpers/change.ts';

/** What is said of a change that ended so, its hosts in these states. */
function said(
  state: Proposal['state'],
  states: readonly Attempt['state'][],
  details: readonly (string | null)[] = [],
): string {
  const proposal = testProposal({ state, plan: testPlan(...states.map((_, index) => `web-${index + 1}`)) });
  const attempts = testAttempts(proposal).map((attempt, index) => ({
    ...attempt,
    state: states[index] ?? 'pending',
    detail: details[index] ?? null,
  }));
  const view: ProposalView = {
    proposal,
    attempts,
    approvals: [],
    undoRequests: [],
    brokenGlass: undefined,
    canUndo: false,
    canLook: false,
  };
  return changeSentences(view).join('\n');
}

describe('what is said of a change that came to its end', () => {
  test('names every host, also those that ended otherwise than the one that decided', () => {
    const words = said('needs_human', ['proven', 'unknown', 'failed', 'stale', 'not_proven', 'reverted', 'untouched']);
    expect(words).toMatch(/^A person has to look at web-2: /);
    expect(words).toContain('it did not work on web-3');
    expect(words).toContain('web-4 differed from what was approved');
    expect(words).toContain('It did not help as predicted on web-5, where it is still applied.');
    expect(words).toContain('Taken back on web-6');
    expect(words).toContain('Proven on web-1.\nNot touched: web-7.');
  });

  test('says that a change is still on a host, whatever stopped the rollout', () => {
    expect(said('failed', ['not_proven', 'failed'])).toContain('on web-1, where it is still applied');
  });

  test('says why it was taken back, each reason once with its hosts', () => {
    const harm = takenBackSentence('harmful', 'done', 'Taken back.');
    const miss = takenBackSentence('missed', 'done', 'Taken back.');
    const words = said('reverted', ['reverted', 'reverted', 'reverted', 'reverted'], [harm, miss, harm, 'Applied.']);
    expect(words.split('\n')).toEqual([
      'Taken back on web-1 and web-3: errors appeared after it.',
      'Taken back on web-2: it was not proven.',
      'Taken back on web-4: it was not proven or not confirmed in time.',
    ]);
  });

  test('says while it goes on that errors appeared', () => {
    expect(said('applying', ['harmful', 'untouched'])).toBe(
      'Applying: web-1 errors appeared after it, being put back; web-2 not touched.',
    );
  });

  test('says where an undo worked beside where it did not', () => {
    expect(said('undo_failed', ['undone', 'undo_refused'])).toBe(
      'Not undone on web-2.\nUndone on web-1: what was captured is back.',
    );
  });
});

test('what people approve promises that a host with new errors is put back, and what else the policy wants', () => {
  const plan = testPlan('web-1');
  const promised = (unproven: 'keep' | 'undo') =>
    safetySentence(testProposal({ plan: { ...plan, rollout: { ...plan.rollout, unproven } } }));
  expect(promised('keep')).toBe(
    'Each host undoes it by itself unless confirmed within 2 min. A host where errors appear after it is put back.',
  );
  expect(promised('undo')).toBe(
    'Each host undoes it by itself unless confirmed within 2 min. A host where errors appear after it, or where it does not help as predicted, is put back.',
  );
});
