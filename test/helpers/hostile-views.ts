import fc from 'fast-check';
import { expect } from 'vitest';
import { asAttemptId, asHostName, asPersonName, asProposalId, asRunId } from '../../src/base/ids.ts';
import type { BrokenGlass } from '../../src/engine/broken-glass.ts';
import type { Attempt, Proposal, Run, RunHost } from '../../src/engine/model.ts';
import { ATTEMPT_STATES, CHANGE_STATES } from '../../src/engine/state.ts';
import { groupFindings, type ProposalView, type RunView } from '../../src/engine/view.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { checkMessageBlocks, checkView } from '../../src/sandbox/blocks/check-blocks.ts';
import type { Message } from '../../src/slack/limits.ts';
import { hostileText, name } from './hostile.ts';

/** The instant at which hostile runs were asked. */
export const NOW = 1_795_392_000_000;

const finding: fc.Arbitrary<Finding> = fc.record({
  rule: name,
  severity: fc.constantFrom('critical', 'warning', 'info', 'ok'),
  title: hostileText,
  explanation: fc.array(hostileText, { maxLength: 4 }),
  evidence: fc.array(
    fc.record({ label: hostileText, value: fc.oneof(hostileText, fc.double()), source: hostileText }),
    { maxLength: 3 },
  ),
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
  stepSince: fc.option(fc.integer({ min: NOW - 100_000, max: NOW })),
  startedAt: fc.constant(NOW),
  finishedAt: fc.constant(NOW),
});

/** A run that people and hosts wrote the worst into. */
export const run: fc.Arbitrary<Run> = fc.record({
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
  state: fc.constantFrom(...ATTEMPT_STATES),
  detail: fc.option(hostileText),
  before: fc.constant(null),
  statements: fc.array(hostileText, { maxLength: 3 }),
  updatedAt: fc.constant(NOW),
  appliedAt: fc.constant(null),
});

/** A proposal of the same kind, in any state. */
export const proposal: fc.Arbitrary<Proposal> = fc
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

/** Glass that was broken for a proposal, and reviewed. */
export function brokenGlassOf({ id, digest }: Proposal, reason: string): BrokenGlass {
  const review = { person: asPersonName('reviewer'), note: reason, at: NOW };
  return { proposal: id, digest, person: asPersonName('breaker'), reason, surface: 'slack', at: NOW, review };
}

/** A proposal with everything that happened to it. */
export const proposalView: fc.Arbitrary<ProposalView> = fc
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

/** A run with everything that belongs to it. */
export const runView: fc.Arbitrary<RunView> = fc
  .record({
    run,
    hosts: fc.array(runHost, { maxLength: 120 }),
    findings: fc.array(fc.record({ host: name.map(asHostName), finding }), { maxLength: 60 }),
    notConcluded: fc.array(fc.record({ host: name.map(asHostName), rule: name, because: hostileText }), {
      maxLength: 30,
    }),
    proposals: fc.array(proposalView, { maxLength: 4 }),
  })
  .map(({ findings, ...view }) => ({ ...view, findings: groupFindings(findings), steps: [], usualMs: 11_000 }));

/** Characters that a terminal or a chat client could act on, but for tab and newline. */
export const ACTING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not be shown
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

/** Texts that Slack reads as markup: mrkdwn and the top-level text. */
function markup(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(markup);
  if (value === null || typeof value !== 'object') return [];
  if ('type' in value && value.type === 'mrkdwn' && 'text' in value) return [String(value.text)];
  return Object.values(value).flatMap(markup);
}

/** Strings anywhere in a message. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
}

/** Slack takes a message, and nothing in it pings, links, hides or is of an unknown kind. */
export function expectAcceptable({ text, blocks }: Message): void {
  const verdict = checkMessageBlocks(blocks, () => true);
  expect(verdict.ok ? [] : [verdict.error, ...verdict.problems]).toEqual([]);
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThanOrEqual(3000);
  expectHarmless([text, ...markup(blocks)], { text, blocks });
}

/** Slack takes a dialog, and nothing in it pings, links or hides. */
export function expectAcceptableDialog(view: { readonly blocks: readonly unknown[] }): void {
  expect(checkView(view, () => true)).toEqual([]);
  expectHarmless(markup(view.blocks), view);
}

function expectHarmless(read: readonly string[], shown: unknown): void {
  for (const mrkdwn of read) {
    const harmless = mrkdwn.replace(/<!date\^\d+\^[^|>]*\|[^>]*>/g, '').replace(/&(?:amp|lt|gt);/g, '');
    expect(harmless).not.toMatch(/[<>&]/);
  }
  for (const text of strings(shown)) expect(text).not.toMatch(ACTING);
  expect(JSON.stringify(shown)).not.toMatch(/"type":"(?:user|usergroup|broadcast|channel|link|emoji)"/);
}
