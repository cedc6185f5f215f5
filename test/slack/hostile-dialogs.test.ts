import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderEvidence } from '../../src/slack/views/evidence.ts';
import { renderRawOutput, renderRawOutputDialog, renderWholePlan } from '../../src/slack/views/raw-output.ts';
import { renderRejection } from '../../src/slack/views/reject.ts';
import { renderShareDialog, renderShared, renderSharedRun } from '../../src/slack/views/share.ts';
import { hostileText, name } from '../helpers/hostile.ts';
import {
  ACTING,
  expectAcceptable,
  expectAcceptableDialog,
  NOW,
  proposal,
  proposalView,
  runView,
} from '../helpers/hostile-views.ts';

describe('dialogs and what is shared, with the longest and most hostile data', { timeout: 60_000 }, () => {
  it('a run in another channel: its only link is the one that Slack gave', () => {
    fc.assert(
      fc.property(runView, name, fc.option(hostileText), (view, person, note) => {
        const input = { view, person, note, now: NOW, command: '/runbook' };
        expectAcceptable(renderSharedRun({ ...input, link: undefined }));
        const linked = renderSharedRun({ ...input, link: 'https://slack.example/archives/C1/p1' });
        expect(JSON.stringify(linked).match(/"type":"link"/g)).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it('the questions where to share and why to reject', () => {
    fc.assert(
      fc.property(proposal, fc.option(name), (planned, channel) => {
        expectAcceptableDialog(renderRejection(planned, channel));
        expectAcceptableDialog(renderShareDialog({ run: planned.runId, channel }));
      }),
      { numRuns: 60 },
    );
  });

  it('the numbers behind a proposal', () => {
    fc.assert(
      fc.property(runView, proposal, fc.boolean(), (view, planned, known) => {
        const hosts = view.findings.flatMap((group) => group.hosts).map((host) => ({ ...planned.plan.hosts[0], host }));
        const plan = { ...planned.plan, hosts: hosts as typeof planned.plan.hosts };
        const rules = known ? view.findings.flatMap(({ findings }) => findings.map(({ finding }) => finding.rule)) : [];
        const view1 = renderEvidence({ proposal: { ...planned, plan }, view, rules: known ? rules : undefined });
        expectAcceptableDialog(view1);
        expect(view1.blocks.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it('the output of a run, and where all of it is', () => {
    fc.assert(
      fc.property(runView, hostileText, fc.boolean(), fc.nat(3), (view, text, attached, outputs) => {
        const input = { view, text: `===== web-1\n${text}${text}`, attached, outputs, command: '/runbook' };
        expectAcceptableDialog(renderRawOutputDialog({ ...input, link: undefined }));
      }),
      { numRuns: 60 },
    );
  });

  it('files keep everything but what a terminal could act on', () => {
    fc.assert(
      fc.property(runView, proposalView, (view, planned) => {
        for (const text of [renderRawOutput(view), renderWholePlan(planned)]) expect(text).not.toMatch(ACTING);
      }),
      { numRuns: 30 },
    );
  });
});

describe('dialogs with nothing to show', () => {
  const [view] = fc.sample(runView, { numRuns: 1, seed: 1 });
  if (!view) throw new Error('no sample');
  const input = { outputs: 0, text: undefined, attached: false, link: undefined, command: '/runbook' };

  it('say what comes while the run reads, and what to do when no host printed anything', () => {
    const reading = { ...view, run: { ...view.run, state: 'reading' as const } };
    expect(JSON.stringify(renderRawOutputDialog({ ...input, view: reading }))).toMatch(
      /Still reading: \d+ of \d+ hosts? answered\. It is attached to the thread as run-\d+\.txt when the run ends\./,
    );
    const ended = { ...view, run: { ...view.run, state: 'finished' as const, selector: '@web' } };
    expect(JSON.stringify(renderRawOutputDialog({ ...input, view: ended }))).toMatch(
      /No host printed anything.*\/runbook hosts @web/,
    );
    const kept = { ...input, view: ended, outputs: 3, text: 'x' };
    expect(JSON.stringify(renderRawOutputDialog(kept))).toMatch(
      /not attached to the thread.*countersign show \d+ --raw/,
    );
  });

  it('part long output between lines', () => {
    const lines = Array.from({ length: 120 }, (_, n) => `line ${n} of what the host printed`);
    const ended = { ...view, run: { ...view.run, state: 'finished' as const } };
    const { blocks } = renderRawOutputDialog({ ...input, view: ended, outputs: 1, text: lines.join('\n') });
    const texts = JSON.stringify(blocks).matchAll(
      /"rich_text_preformatted","elements":\[\{"type":"text","text":"([^"]*)"/g,
    );
    const pieces = [...texts].map((match) => (match[1] ?? '').split('\\n'));
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.flat()).toEqual(lines);
  });

  it('say where fresh numbers come from when those behind a proposal are not known', () => {
    const [planned] = fc.sample(proposal, { numRuns: 1, seed: 1 });
    if (!planned) throw new Error('no sample');
    const empty = { ...view, findings: [] };
    expect(JSON.stringify(renderEvidence({ proposal: planned, view: empty, rules: undefined }))).toContain(
      'Run the runbook again for fresh numbers.',
    );
  });

  it('the answer about a shared run names the channel in our own words', () => {
    expect(renderShared(41, 'C0OPS').text).toBe('Run 41 is shared in <#C0OPS>.');
  });
});
