import { describe, expect, it } from 'vitest';
import { asHostName, asPersonName, asRunId } from '../../src/base/ids.ts';
import type { Proposal, RunHost } from '../../src/engine/model.ts';
import { groupFindings, type ProposalView, type RunView } from '../../src/engine/view.ts';
import { renderHistory } from '../../src/slack/views/answers.ts';
import { renderProposalMessage } from '../../src/slack/views/proposal.ts';
import { renderRawOutput, renderWholePlan } from '../../src/slack/views/raw-output.ts';
import { renderRunMessage, renderRunStatus } from '../../src/slack/views/run.ts';
import { testApproval, testPlan, testProposal } from '../helpers/change.ts';

const NOW = 1_795_392_000_000;

function runView(changes: Partial<RunView> = {}): RunView {
  return {
    run: {
      id: asRunId(41),
      runbook: 'time-wait',
      runbookVersion: 'v1',
      params: {},
      selector: 'web-* !web-9*',
      requester: asPersonName('ada'),
      surface: 'slack',
      channel: 'C1',
      state: 'finished',
      detail: null,
      createdAt: NOW,
      finishedAt: NOW + 11_000,
      revision: 3,
    },
    hosts: [],
    findings: [],
    notConcluded: [],
    steps: [],
    proposals: [],
    ...changes,
  };
}

function host(name: string, failed: boolean): RunHost {
  const outcome = failed ? 'unreachable' : 'ok';
  const detail = failed ? `${name} did not answer on port 22` : null;
  return {
    host: asHostName(name),
    state: 'answered',
    outcome,
    detail,
    currentStep: null,
    stepSince: null,
    startedAt: NOW,
    finishedAt: NOW,
  };
}

function proposalView(proposal: Proposal, changes: Partial<ProposalView> = {}): ProposalView {
  return { proposal, approvals: [], attempts: [], undoRequests: [], canUndo: false, canLook: false, ...changes };
}

/** A proposal that rewrites one file on each of these hosts. */
function rewriting(files: Readonly<Record<string, { before: string; after: string }>>): Proposal {
  const plan = testPlan(...Object.keys(files));
  const hosts = plan.hosts.map((each) => {
    const content = files[each.host] ?? { before: '', after: '' };
    return { ...each, actions: [{ kind: 'file', path: '/etc/app.conf', ...content } as const] };
  });
  return testProposal({ plan: { ...plan, hosts } });
}

const shown = (message: { readonly blocks: readonly unknown[] }) => JSON.stringify(message.blocks);

describe('a run on very many hosts', () => {
  const hosts = Array.from({ length: 200 }, (_, n) => host(`web-${n}`, n !== 7));
  const finding = {
    rule: 'r',
    severity: 'critical',
    title: 'Upstream connections are not pooled',
    explanation: ['4,035 new connections/s.'],
    evidence: [{ label: 'Opens', value: 4035, unit: 'per second', source: '/proc/net/snmp' }],
    notConcluded: ['This is not port exhaustion.'],
    confidence: 'high',
    groupKey: 'g',
  } as const;
  const view = runView({ hosts, findings: groupFindings([{ host: asHostName('web-7'), finding }]) });

  it('shows its findings although almost no host answered, and says where the reasons are', () => {
    const message = renderRunMessage({ view, probes: [], now: NOW, command: '/runbook' });
    expect(shown(message)).toContain('Upstream connections are not pooled');
    expect(shown(message)).toContain('1 of 200 hosts answered');
    expect(shown(message)).toContain('run-41.txt in the thread');
    expect(message.complete).toBe(false);
  });

  it('has every host that did not answer, every explanation and all evidence in its file', () => {
    const file = renderRawOutput(view);
    expect(file.match(/did not answer on port 22/g)).toHaveLength(199);
    expect(file).toContain('web-7: CRITICAL Upstream connections are not pooled');
    expect(file).toContain('  4,035 new connections/s.\n  This is not port exhaustion.\n    Opens: 4,035 per second');
  });
});

describe('a proposal', () => {
  const lines = Array.from({ length: 400 }, (_, n) => `line ${n}`);
  const changed = lines.map((line) => (line === 'line 250' ? 'changed' : line));

  it('shows the lines around a change, not the whole file', () => {
    const proposal = rewriting({ 'web-1': { before: lines.join('\n'), after: changed.join('\n') } });
    const message = renderProposalMessage({ view: proposalView(proposal), approvers: ['bob'] });
    expect(shown(message)).toContain(
      '… 247 lines unchanged\\n  line 247\\n  line 248\\n  line 249\\n- line 250\\n+ changed\\n  line 251\\n  line 252\\n  line 253\\n  … 146 lines unchanged',
    );
    expect(message.complete).toBe(true);
  });

  it('that does not fit says before the buttons which file has all of it, and that file has', () => {
    const files = Array.from({ length: 80 }, (_, n): [string, { before: string; after: string }] => [
      `web-${n}`,
      { before: `old ${n} ${'x'.repeat(200)}`, after: `new ${n}` },
    ]);
    const view = proposalView(rewriting(Object.fromEntries(files)));
    const message = renderProposalMessage({ view, approvers: ['bob'] });
    expect(message.complete).toBe(false);
    expect(shown(message)).toMatch(/Read proposal-1-1\.txt in the thread before you decide\..*proposal_approve/);
    const file = renderWholePlan(view);
    for (let n = 0; n < 80; n++) expect(file).toContain(`+ new ${n}\n`);
    expect(file).toContain(view.proposal.digest);
  });

  it('keeps showing who decided when its plan is too long for the message', () => {
    const before = Array.from({ length: 900 }, (_, n) => `old ${n}`).join('\n');
    const proposal = { ...rewriting({ 'web-1': { before, after: 'new' } }), state: 'rejected' } as const;
    const approvals = [testApproval(proposal, 'bob', { verdict: 'reject', reason: 'not tonight' })];
    const message = renderProposalMessage({ view: proposalView(proposal, { approvals }), approvers: [] });
    expect(shown(message)).toMatch(/Rejected by bob.*"type":"date".*not tonight.*Nothing was changed\./);
    expect(message.text).toContain('Rejected by bob: not tonight.');
  });
});

describe('answers', () => {
  it('the status of a run shows its proposals with their differences, and no buttons', () => {
    const proposal = rewriting({ 'web-1': { before: 'a', after: 'b' } });
    const message = renderRunStatus({
      view: runView({ proposals: [proposalView(proposal)] }),
      probes: [],
      now: NOW,
      command: '/runbook',
    });
    expect(shown(message)).toContain('- a\\n+ b');
    expect(shown(message)).not.toContain('"type":"button"');
  });

  it('the text of a run for screen readers says what became of its proposals', () => {
    const proposal = { ...testProposal(), state: 'rejected' } as const;
    const approvals = [testApproval(proposal, 'bob', { verdict: 'reject' })];
    const view = runView({ proposals: [proposalView(proposal, { approvals })] });
    expect(renderRunMessage({ view, probes: [], now: NOW, command: '/runbook' }).text).toContain(
      'Proposal 1-1: write a file. Rejected by bob.',
    );
  });

  it('history shows a selector as it was typed: stars make nothing bold', () => {
    const entry = { run: runView().run, hosts: [], worst: null, findings: 0, proposals: [] };
    const message = renderHistory([entry, entry], '/runbook');
    expect(shown(message)).toContain('time-wait on web-* !web-9*');
    expect(shown(message)).not.toContain('mrkdwn');
  });
});
