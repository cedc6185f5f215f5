import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/slack/limits.ts';
import {
  renderError,
  renderHelp,
  renderHistory,
  renderNotice,
  renderRunbooks,
  renderUnderWay,
} from '../../src/slack/views/answers.ts';
import { renderBrokenGlass } from '../../src/slack/views/broken-glass.ts';
import { renderConfirmation } from '../../src/slack/views/confirm.ts';
import { renderProposalMessage } from '../../src/slack/views/proposal.ts';
import { renderRunMessage, renderRunStatus } from '../../src/slack/views/run.ts';
import { hostileText, name } from '../helpers/hostile.ts';
import {
  brokenGlassOf,
  expectAcceptable,
  expectAcceptableDialog,
  NOW,
  proposal,
  proposalView,
  run,
  runView,
} from '../helpers/hostile-views.ts';

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
        const message = renderRunMessage({ view, probes, now: NOW + 5000, command: '/runbook' });
        expectAcceptable(message);
        expectAcceptable(renderRunStatus({ view, probes, now: NOW, command: '/runbook' }));
        const some =
          view.hosts.some(({ outcome }) => outcome === 'ok') && view.hosts.some(({ outcome }) => outcome !== 'ok');
        const ended = ['run_again', ...(some ? ['run_failed'] : []), 'run_raw', 'run_share'];
        expect(actionIds(message)).toEqual(view.run.state === 'reading' ? ['run_cancel'] : ended);
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
            ? [
                view.proposal.plan.typed.length > 0 ? 'proposal_confirm' : 'proposal_approve',
                'proposal_reject',
                'proposal_evidence',
              ]
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
        expectAcceptableDialog(modal);
        expect(modal.blocks.filter(({ type }) => type === 'input')).toHaveLength(1);
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
          expectAcceptable(renderNotice(`x${located}`));
          const worst = { severity: 'warning', title: located };
          const entries = runs.map((entry) => ({ run: entry, hosts: [], worst, findings: 1, proposals: [] }));
          expectAcceptable(renderUnderWay(entries, [], '/runbook'));
          expectAcceptable(renderHistory(entries, '/runbook'));
        },
      ),
      { numRuns: 100 },
    );
    expectAcceptable(renderHelp('/runbook'));
    expectAcceptable(renderRunbooks({ runbooks: [], broken: [], runbook: () => expect.fail() }));
    expectAcceptable(renderHistory([], '/runbook'));
  });

  it('says what to do when a run has nothing to show', () => {
    const [view] = fc.sample(runView, { numRuns: 1, seed: 1 });
    if (!view) throw new Error('no sample');
    const hosts = view.hosts.map((host) => ({ ...host, outcome: 'ok' as const }));
    const nothing = { ...view, hosts, findings: [], run: { ...view.run, runbook: 'x', selector: '@web' } };
    const said = (changes: Partial<typeof nothing>, state: 'finished' | 'cancelled') => {
      const shown = { ...nothing, ...changes, run: { ...nothing.run, state } };
      return JSON.stringify(renderRunMessage({ view: shown, probes: [], now: NOW, command: '/runbook' }));
    };
    expect(said({}, 'finished')).toMatch(/No rule found anything to report\..*\/runbook list/);
    expect(said({}, 'cancelled')).toMatch(/Nothing was concluded from it\..*\/runbook run x on @web/);
    expect(said({ hosts: [] }, 'finished')).toMatch(/No host answered.*\/runbook hosts @web/);
  });

  it('says what to do when there is nothing to show', () => {
    expect(renderHistory([], '/runbook').text).toMatch(/No runs/);
    expect(JSON.stringify(renderHistory([], '/runbook').blocks)).toMatch(/\/runbook run/);
    expect(renderRunbooks({ runbooks: [], broken: [], runbook: () => expect.fail() }).text).toMatch(/no runbooks/);
  });
});
