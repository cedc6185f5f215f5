import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asAttemptId, asHostName, asPersonName, asProposalId, asRunId } from '../../src/base/ids.ts';
import type { BrokenGlass } from '../../src/engine/broken-glass.ts';
import type { Attempt, Proposal, Run, RunHost } from '../../src/engine/model.ts';
import { CHANGE_STATES } from '../../src/engine/state.ts';
import { groupFindings, type ProposalView, type RunView } from '../../src/engine/view.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { checkMessageBlocks, checkView } from '../../src/sandbox/blocks/check-blocks.ts';
import type { Message } from '../../src/slack/limits.ts';
import { renderError, renderHelp, renderHistory, renderRunbooks } from '../../src/slack/views/answers.ts';
import { renderBrokenGlass } from '../../src/slack/views/broken-glass.ts';
import { renderConfirmation } from '../../src/slack/views/confirm.ts';
import { renderProposalMessage } from '../../src/slack/views/proposal.ts';
import { renderRunMessage } from '../../src/slack/views/run.ts';
import { hostileText, name } from '../helpers/hostile.ts';

const NOW = 1_795_392_000_000;

const finding: fc.Arbitrary<Finding> = fc.record({
  rule: name,
  severity: fc.constantFrom('critical', 'warning', 'info', 'ok'),
  title: hostileText,
  explanation: fc.array(hostileText, { maxLength: 4 }),
  evidence: fc.constant([]),
  notConcluded: fc.array(hostileText, { maxLength: 3 }),
  confidence: fc.constant('high'),
  groupKey: fc.constantFrom('a', 'b', 'c', 'd'),
});

const runHost: fc.Arbitrary<RunHost> = fc.record({
  host: name.map(asHostName),
  state: fc.constantFrom('waiting', 'reading', 'answered'),
  outcome: fc.constantFrom(null, 'ok', 'unreachable', 'host_key_mismatch', 'unknown'),
  detail: fc.option(hostileText),
  currentStep: fc.option(name),
  startedAt: fc.constant(NOW),
  finishedAt: fc.constant(NOW),
});

const run: fc.Arbitrary<Run> = fc.record({
  id: fc.integer({ min: 1, max: 10 ** 9 }).map(asRunId),
  runbook: name,
  runbookVersion: fc.constant('0'.repeat(64)),
  params: fc.dictionary(name, fc.integer(), { maxKeys: 5 }),
  selector: hostileText,
  requester: name.map(asPersonName),
  surface: fc.constant('slack'),
  channel: fc.constant('C1'),
  state: fc.constantFrom('reading', 'finished', 'cancelled', 'failed'),
  detail: fc.option(hostileText),
  createdAt: fc.constant(NOW),
  finishedAt: fc.option(fc.constant(NOW + 11_000)),
  revision: fc.constant(3),
});

const attempt: fc.Arbitrary<Attempt> = fc.record({
  id: fc.constant(asAttemptId('1-1-web-1')),
  proposal: fc.constant(asProposalId('1-1')),
  host: name.map(asHostName),
  state: fc.constantFrom(
    'pending',
    'intended',
    'applied',
    'proven',
    'not_proven',
    'stale',
    'failed',
    'unknown',
    'untouched',
    'undone',
  ),
  detail: fc.option(hostileText),
  before: fc.constant(null),
  statements: fc.array(hostileText, { maxLength: 3 }),
  updatedAt: fc.constant(NOW),
  appliedAt: fc.constant(null),
});

const proposal: fc.Arbitrary<Proposal> = fc
  .record({
    state: fc.constantFrom(...CHANGE_STATES),
    hosts: fc.array(name, { minLength: 1, maxLength: 60 }),
    text: hostileText,
    texts: fc.array(hostileText, { maxLength: 4 }),
    typed: fc.oneof(fc.constant([]), fc.array(hostileText, { maxLength: 12 })),
    unproven: fc.constantFrom('keep', 'undo'),
  })
  .map(({ state, hosts, text, texts, typed, unproven }): Proposal => {
    return {
      id: asProposalId('1-1'),
      runId: asRunId(1),
      number: 1,
      plan: {
        runbook: 'word',
        remedy: 'r',
        title: text,
        risk: 'low',
        hosts: hosts.map((host, index) => ({
          host: asHostName(host),
          actions: [{ kind: 'file', path: '/etc/x', before: index % 3 === 0 ? null : text, after: texts.join('\n') }],
          basis: {},
          predicted: texts,
          risks: texts,
          proof: texts,
        })),
        rollout: {
          batches: hosts.map((host) => [asHostName(host)]),
          confirmWithinSeconds: 120,
          unproven,
          slowProof: true,
        },
        typed,
        left: hosts.map((host) => ({ host: asHostName(host), kind: 'refused', reason: text })),
      },
      digest: 'a'.repeat(64),
      requester: asPersonName('requester'),
      neededApprovals: 1,
      state,
      detail: null,
      createdAt: NOW,
      expiresAt: NOW + 3_600_000,
    };
  });

function brokenGlassOf({ id, digest }: Proposal, reason: string): BrokenGlass {
  const review = { person: asPersonName('reviewer'), note: reason, at: NOW };
  return { proposal: id, digest, person: asPersonName('breaker'), reason, surface: 'slack', at: NOW, review };
}

const proposalView: fc.Arbitrary<ProposalView> = fc
  .record({ proposal, attempts: fc.array(attempt, { maxLength: 40 }), reason: fc.option(hostileText) })
  .map(({ proposal: planned, attempts, reason }): ProposalView => {
    const decision = {
      proposal: planned.id,
      person: asPersonName('approver'),
      reason,
      surface: 'slack',
      at: NOW,
    } as const;
    return {
      proposal: planned,
      attempts,
      approvals: planned.state === 'open' ? [] : [{ ...decision, digest: planned.digest, verdict: 'approve' }],
      undoRequests: planned.state === 'undone' ? [decision] : [],
      brokenGlass: reason === null ? undefined : brokenGlassOf(planned, reason),
      canUndo: planned.state === 'proven',
      canLook: planned.state === 'needs_human',
    };
  });

const runView: fc.Arbitrary<RunView> = fc
  .record({
    run,
    hosts: fc.array(runHost, { maxLength: 120 }),
    findings: fc.array(fc.record({ host: name.map(asHostName), finding }), { maxLength: 60 }),
    notConcluded: fc.array(fc.record({ host: name.map(asHostName), rule: name, because: hostileText }), {
      maxLength: 30,
    }),
    proposals: fc.array(proposalView, { maxLength: 4 }),
  })
  .map(({ findings, ...view }) => ({ ...view, findings: groupFindings(findings), steps: [] }));

/** Texts that Slack reads as markup: mrkdwn and the top-level text. */
function markup(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(markup);
  if (value === null || typeof value !== 'object') return [];
  if ('type' in value && value.type === 'mrkdwn' && 'text' in value) return [String(value.text)];
  return Object.values(value).flatMap(markup);
}

function expectAcceptable({ text, blocks }: Message): void {
  const verdict = checkMessageBlocks(blocks);
  expect(verdict.ok ? [] : [verdict.error, ...verdict.problems]).toEqual([]);
  expect(text.length).toBeGreaterThan(0);
  for (const mrkdwn of [text, ...markup(blocks)]) {
    const harmless = mrkdwn.replace(/<!date\^\d+\^[^|>]*\|[^>]*>/g, '');
    expect(harmless).not.toMatch(/[<>]/);
  }
  const shown = JSON.stringify([text, blocks]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not reach Slack
  expect(JSON.parse(shown).toString()).not.toMatch(/[\u0000-\u0008\u001b\u202e\u200b]/);
  expect(shown).not.toMatch(/"type":"(?:user|usergroup|broadcast|channel|link)"/);
}

function actionIds(message: Message): string[] {
  return message.blocks.flatMap((block) =>
    'elements' in block && block.type === 'actions'
      ? block.elements.map((element) => ('action_id' in element ? String(element.action_id) : ''))
      : [],
  );
}

describe('what the bot shows in Slack, with the longest and most hostile data', { timeout: 60_000 }, () => {
  it('a run: within all limits, nothing pings or links, buttons are always there', () => {
    fc.assert(
      fc.property(runView, fc.array(name), (view, probes) => {
        const message = renderRunMessage({ view, probes, now: NOW + 5000 });
        expectAcceptable(message);
        expect(actionIds(message)).toEqual([view.run.state === 'reading' ? 'run_cancel' : 'run_again']);
      }),
      { numRuns: 150 },
    );
  });

  it('a proposal: within all limits; the buttons of its state and no others', () => {
    fc.assert(
      fc.property(proposalView, fc.array(name, { maxLength: 20 }), (view, approvers) => {
        const message = renderProposalMessage({ view, approvers });
        expectAcceptable(message);
        const expected =
          view.proposal.state === 'open'
            ? [view.proposal.plan.typed.length > 0 ? 'proposal_confirm' : 'proposal_approve', 'proposal_reject']
            : [...(view.canLook ? ['proposal_look'] : []), ...(view.canUndo ? ['proposal_undo'] : [])];
        expect(actionIds(message)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('the dialog that asks for a name to be typed: as Slack accepts it, with its one input', () => {
    fc.assert(
      fc.property(proposal, (planned) => {
        const modal = renderConfirmation(planned, 'C1');
        expect(checkView(modal)).toEqual([]);
        expect(modal.blocks.filter(({ type }) => type === 'input')).toHaveLength(1);
        expect(JSON.stringify(modal.blocks)).not.toMatch(/"type":"(?:user|usergroup|broadcast|channel|link)"/);
      }),
      { numRuns: 150 },
    );
  });

  it('the announcement of broken glass', () => {
    fc.assert(
      fc.property(proposal, hostileText, fc.boolean(), (planned, reason, reviewed) => {
        const glass = brokenGlassOf(planned, reason);
        const shown = { ...glass, review: reviewed ? glass.review : null };
        expectAcceptable(renderBrokenGlass({ glass: shown, proposal: planned, command: '/runbook' }));
      }),
      { numRuns: 100 },
    );
  });

  it('errors, help, lists and history', () => {
    fc.assert(
      fc.property(
        hostileText,
        fc.option(hostileText, { nil: undefined }),
        fc.array(run, { maxLength: 15 }),
        (located, hint, runs) => {
          expectAcceptable(renderError({ located: `x${located}`, hint }));
          const worst = { severity: 'warning', title: located };
          expectAcceptable(
            renderHistory(
              runs.map((entry) => ({ run: entry, hosts: [], worst, findings: 1, proposals: [] })),
              '/runbook',
            ),
          );
        },
      ),
      { numRuns: 100 },
    );
    expectAcceptable(renderHelp('/runbook'));
    expectAcceptable(renderRunbooks({ runbooks: [], broken: [], runbook: () => expect.fail() }));
    expectAcceptable(renderHistory([], '/runbook'));
  });

  it('says what to do when there is nothing to show', () => {
    expect(renderHistory([], '/runbook').text).toMatch(/No runs/);
    expect(JSON.stringify(renderHistory([], '/runbook').blocks)).toMatch(/\/runbook run/);
    expect(renderRunbooks({ runbooks: [], broken: [], runbook: () => expect.fail() }).text).toMatch(/no runbooks/);
  });
});
