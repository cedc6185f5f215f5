import { describe, expect, test } from 'vitest';
import type { Attempt, Proposal } from '../../src/engine/model.ts';
import { changeSentences } from '../../src/engine/phrases.ts';
import type { ProposalView } from '../../src/engine/view.ts';
import { testAttempts, testPlan, testProposal } from '../helpers/change.ts';

/** What is said of a change that ended so, its hosts in these states. */
function said(state: Proposal['state'], states: readonly Attempt['state'][]): string {
  const proposal = testProposal({ state, plan: testPlan(...states.map((_, index) => `web-${index + 1}`)) });
  const attempts = testAttempts(proposal).map((attempt, index) => ({ ...attempt, state: states[index] ?? 'pending' }));
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

  test('says where an undo worked beside where it did not', () => {
    expect(said('undo_failed', ['undone', 'undo_refused'])).toBe(
      'Not undone on web-2.\nUndone on web-1: what was captured is back.',
    );
  });
});
