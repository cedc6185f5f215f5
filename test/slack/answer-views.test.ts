import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asHostName, asPersonName, asRunId } from '../../src/base/ids.ts';
import type { Approval, Attempt, Run, RunHost } from '../../src/engine/model.ts';
import { CHANGE_STATES } from '../../src/engine/state.ts';
import type { ProposalView, RunOutline } from '../../src/engine/view.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import { checkMessageBlocks } from '../../src/sandbox/blocks/check-blocks.ts';
import type { Message } from '../../src/slack/limits.ts';
import { renderHelp, renderInventory, renderReading, renderRunbooks } from '../../src/slack/views/answers.ts';
import { renderShownProposal, renderShownRun } from '../../src/slack/views/shown.ts';
import { testApproval, testAttempts, testProposal } from '../helpers/change.ts';
import { hostileText, name } from '../helpers/hostile.ts';
import { libraryOf, testRunbook } from '../helpers/picker-scene.ts';
import { testHost } from '../helpers/sshd.ts';

const NOW = 1_795_392_000_000;

const run: fc.Arbitrary<Run> = fc
  .record({ selector: hostileText, state: fc.constantFrom('reading', 'finished', 'cancelled', 'failed') })
  .map(({ selector, state }): Run => {
    const finishedAt = state === 'reading' ? null : NOW + 1000;
    const asked = { requester: asPersonName('ada'), surface: 'slack', channel: 'C1', createdAt: NOW } as const;
    const what = { id: asRunId(41), runbook: 'time-wait', runbookVersion: 'v1', params: {} };
    return { ...what, ...asked, selector, state, detail: null, finishedAt, revision: 1 };
  });

const proposal: fc.Arbitrary<ProposalView> = fc
  .record({
    state: fc.constantFrom(...CHANGE_STATES),
    reasons: fc.array(hostileText, { maxLength: 40 }),
    detail: hostileText,
  })
  .map(({ state, reasons, detail }): ProposalView => {
    const shown = { ...testProposal(), state };
    const approvals = reasons.map((reason): Approval => testApproval(shown, 'bob', { reason }));
    const attempts = testAttempts(shown).map((each): Attempt => ({ ...each, state: 'proven', detail }));
    return { proposal: shown, approvals, attempts, undoRequests: [], canUndo: true, canLook: true };
  });

const outline: fc.Arbitrary<RunOutline> = fc
  .record({ run, proposals: fc.array(proposal, { maxLength: 4 }), details: fc.array(hostileText, { maxLength: 60 }) })
  .map(({ details, ...parts }): RunOutline => {
    const hosts = details.map((detail, n): RunHost => {
      const times = { currentStep: null, stepSince: null, startedAt: NOW, finishedAt: NOW };
      return { host: asHostName(`web-${n}`), state: 'answered', outcome: 'unreachable', detail, ...times };
    });
    return { ...parts, hosts, findings: [], notConcluded: [] };
  });

function expectAcceptable({ text, blocks }: Message): void {
  const verdict = checkMessageBlocks(blocks, () => false);
  expect(verdict.ok ? [] : [verdict.error, verdict.problems]).toEqual([]);
  expect(text.length).toBeLessThanOrEqual(3000);
  expect(text).not.toBe('');
}

describe('private answers', { timeout: 60_000 }, () => {
  it('about a run or a proposal as a whole are accepted by Slack, and have no buttons', () => {
    fc.assert(
      fc.property(outline, proposal, (view, other) => {
        const answers = [
          renderShownRun({ view, now: NOW, command: '/runbook' }),
          renderShownProposal({ view: other, command: '/runbook', approvers: ['bob'], stricter: 'the policy wants 2' }),
        ];
        for (const answer of answers) {
          expectAcceptable(answer);
          expect(JSON.stringify(answer.blocks)).toContain('What happened');
          expect(JSON.stringify(answer.blocks)).not.toContain('"type":"button"');
        }
      }),
      { numRuns: 60 },
    );
  });

  it('about hosts, runbooks and runs under way are accepted by Slack, however many and however named', () => {
    const names = fc.array(fc.oneof(name, hostileText), { maxLength: 30 });
    fc.assert(
      fc.property(names, fc.array(run, { maxLength: 60 }), (words, runs) => {
        const hosts = words.map((word) => testHost({ name: asHostName(word), groups: words, tags: words }));
        const inventory = createInventory(hosts);
        const runbooks = libraryOf(...words.map((word) => testRunbook(word)));
        const entries = runs.map((each) => ({ run: each, hosts: [], worst: null, findings: 0, proposals: [] }));
        expectAcceptable(renderInventory(inventory, '/runbook'));
        expectAcceptable(renderReading(entries, '/runbook'));
        expectAcceptable(renderRunbooks(runbooks, '/runbook'));
        expectAcceptable(renderHelp('/runbook', { runbooks, inventory }));
      }),
      { numRuns: 60 },
    );
  });

  it('with nothing to show say what to do next', () => {
    expect(renderInventory(createInventory([]), '/runbook').text).toMatch(
      /no hosts yet\. Add them.*\/runbook hosts all/,
    );
    expect(renderReading([], '/runbook').text).toMatch(/nothing to cancel.*\/runbook history/);
  });

  it('show examples that work here', () => {
    const inventory = createInventory([testHost({ name: asHostName('db-1'), groups: ['db'] })]);
    expect(renderHelp('/ops', { runbooks: libraryOf(testRunbook('disk')), inventory }).text).toMatch(
      /\/ops run disk on @db/,
    );
  });
});
