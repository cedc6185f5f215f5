import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asHostName, asPersonName, asProposalId, asRunId } from '../../src/base/ids.ts';
import type { Proposal, Run } from '../../src/engine/model.ts';
import type { Overview } from '../../src/engine/overview.ts';
import { DEFAULT_RULES, DEFAULT_TERMS } from '../../src/engine/policy/terms.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import type { ProposalView } from '../../src/engine/view.ts';
import { checkMessageBlocks, checkView } from '../../src/sandbox/blocks/check-blocks.ts';
import { homePageOf, subjectsOf } from '../../src/slack/home-page.ts';
import { renderClosedHome, renderHome } from '../../src/slack/views/home.ts';
import { renderNotice, renderSettledNotice } from '../../src/slack/views/notice.ts';
import { testApproval, testAttempts, testPerson, testPlan, testProposal } from '../helpers/change.ts';
import { wordsOf } from '../helpers/home-scene.ts';
import { hostileText } from '../helpers/hostile.ts';

const NOW = 1_795_392_000_000;
const POLICY = createPolicy([testPerson('ada', 'run'), testPerson('bob', 'approve'), testPerson('cem', 'approve')]);

function viewOf(id: string, changes: Partial<Proposal>, text = ''): ProposalView {
  const plan = testPlan(...Array.from({ length: 40 }, (_, n) => `${'h'.repeat(40)}-${n}`));
  const hosts = plan.hosts.map((host) => ({ ...host, predicted: [text, text] }));
  const planned = { ...plan, title: text, hosts, typed: text.length > 50 ? [text] : [] };
  const expiresAt = NOW + 60_000;
  const proposal = testProposal({ id: asProposalId(id), plan: planned, createdAt: NOW, expiresAt, ...changes });
  const attempts = testAttempts(proposal).map((attempt) => ({ ...attempt, detail: text, statements: [text] }));
  return { proposal, approvals: [], attempts, undoRequests: [], canUndo: true, canLook: true };
}

function runOf(id: number, text: string): Run {
  return {
    id: asRunId(id),
    runbook: 'word',
    runbookVersion: 'v1',
    params: {},
    selector: text,
    requester: asPersonName('ada'),
    surface: 'slack',
    channel: 'C1',
    state: 'reading',
    detail: null,
    createdAt: NOW - 125_000,
    finishedAt: null,
    revision: 1,
  };
}

/** An overview with as many of everything as an overview may hold, all of it saying this. */
function fullOverview(text: string, many = 10): Overview {
  const all = <T>(make: (n: number) => T) => ({
    first: Array.from({ length: many }, (_, n) => make(n + 1)),
    total: many + 13,
  });
  const hosts = [
    {
      host: asHostName('web-1'),
      state: 'answered',
      outcome: 'ok',
      detail: null,
      currentStep: null,
      stepSince: null,
      startedAt: NOW,
      finishedAt: NOW,
    },
  ] as const;
  const outcome = text.length % 2 === 0 ? 'ok' : 'unreachable';
  return {
    running: all((n) => ({ run: runOf(n, text), hosts })),
    working: all((n) => viewOf(`2${n}-1`, { state: 'applying' }, text)),
    open: Array.from({ length: many * 3 }, (_, n) =>
      viewOf(`3${n}-1`, { requester: asPersonName(n % 2 ? 'ada' : 'bob') }, text),
    ),
    stuck: all((n) => viewOf(`4${n}-1`, { state: 'needs_human' }, text)),
    ended: all((n) => viewOf(`5${n}-1`, { state: 'not_proven' }, text)),
    reviews: all((n) => ({
      proposal: asProposalId(`6${n}-1`),
      digest: '',
      person: asPersonName('ada'),
      reason: text,
      surface: 'slack' as const,
      at: NOW,
      review: null,
    })),
    troubled: all((n) => ({
      host: asHostName(`web-${n}`),
      run: asRunId(n),
      runbook: 'word',
      outcome,
      detail: text,
      critical: [text, text, text],
      proven: asProposalId('1-1'),
      at: NOW,
    })),
  };
}

const pageOf = (overview: Overview, person = 'cem') =>
  homePageOf({ overview, person: asPersonName(person), policy: POLICY, now: NOW });
const linksOf = (page: ReturnType<typeof pageOf>) =>
  new Map(subjectsOf(page).map((subject) => [subject, `https://example.slack.com/archives/C1/p${subject}`]));

describe('the view of a Home', { timeout: 30_000 }, () => {
  it('stays within Slack’s limits with the longest and most hostile data', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 0, max: 10 }), (text, many) => {
        const page = pageOf(fullOverview(text, many));
        const view = renderHome(page, { links: linksOf(page), command: '/runbook' });
        expect(checkView(view, () => true)).toEqual([]);
        expect(view.blocks.length).toBeLessThanOrEqual(100);
        // views.publish refuses views above 250 kB (docs.slack.dev/reference/methods/views.publish: view_too_large).
        expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(250_000);
      }),
      { numRuns: 40 },
    );
  });

  it('says of every section what it hides', () => {
    const page = pageOf(fullOverview('x'));
    const words = wordsOf(renderHome(page, { links: linksOf(page), command: '/runbook' }).blocks);
    expect(words).toMatch(/Waits for you \(30\)/);
    expect(words).toMatch(/Runs now \(23\)[\s\S]*and 17 more: \/runbook status/);
    expect(words).toMatch(/run 1: word\n on x · 1 of 1 host answered\n · 2 min so far · asked by ada/);
    expect(words).toMatch(/Broken glass to be reviewed \(23\)/);
    expect(words).toMatch(/Needs a person \(23\)[\s\S]*\[Look again\]/);
  });

  it('offers only what a person may decide: not their own, not what they decided, not what is over', () => {
    const [own, decided, over, forCem] = [
      viewOf('1-1', { requester: asPersonName('cem') }),
      viewOf('2-1', {}),
      viewOf('3-1', { expiresAt: NOW }),
      viewOf('4-1', {}),
    ];
    const voted = { ...decided, approvals: [testApproval(decided.proposal, 'cem')] };
    const overview = { ...fullOverview('', 0), open: [over, voted, own, forCem] };
    const ids = (person: string) => {
      const { waitsForYou, waitsForOthers } = pageOf(overview, person);
      return [waitsForYou.map(({ view }) => view.proposal.id), waitsForOthers.map(({ view }) => view.proposal.id)];
    };
    expect(ids('cem')).toEqual([['4-1'], ['1-1', '2-1']]);
    expect(ids('ada')).toEqual([[], ['2-1', '4-1', '1-1']]);
    expect(ids('nobody')).toEqual([[], ['2-1', '1-1', '4-1']]);
  });

  it('offers nobody what the policy does not let anybody approve any more, and says why', () => {
    const overview = { ...fullOverview('', 0), open: [viewOf('1-1', {}), viewOf('2-1', { neededApprovals: 2 })] };
    const rules = { ...DEFAULT_RULES, otherwise: { ...DEFAULT_TERMS, approvals: 2 } };
    const policy = createPolicy(POLICY.people, { rules });
    const page = homePageOf({ overview, person: asPersonName('cem'), policy, now: NOW });
    expect(page.waitsForYou.map(({ view }) => view.proposal.id)).toEqual(['2-1']);
    const words = wordsOf(renderHome(page, { links: linksOf(page), command: '/runbook' }).blocks);
    expect(words).toMatch(/Waits for others \(1\)[\s\S]*1-1[\s\S]*It cannot be approved any more: the policy wants 2/);
  });

  it('of somebody who is not let in stays within the limits, and has no button', () => {
    fc.assert(
      fc.property(hostileText, fc.option(hostileText, { nil: undefined }), (located, hint) => {
        const view = renderClosedHome({ located, hint });
        expect(checkView(view, () => true)).toEqual([]);
        expect(JSON.stringify(view)).not.toContain('"button"');
      }),
      { numRuns: 40 },
    );
  });
});

describe('a notice for approvers', () => {
  it('stays within Slack’s limits, and pings nobody', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom('open', 'expired', 'rejected', 'proven'), (text, state) => {
        const view = viewOf('1-1', { state }, text);
        const approvals =
          state === 'open'
            ? []
            : [testApproval(view.proposal, 'bob', { verdict: state === 'rejected' ? 'reject' : 'approve' })];
        const input = { view: { ...view, approvals }, link: 'https://example.slack.com/archives/C1/p1' };
        for (const message of [renderNotice({ ...input, told: { people: 10, of: 14 } }), renderSettledNotice(input)]) {
          const verdict = checkMessageBlocks(message.blocks, () => true);
          expect(verdict.ok ? [] : verdict.problems).toEqual([]);
          expect(message.text.length).toBeLessThan(4000);
          expect(message.text.replaceAll(/<!date\^[^<>]*>/g, '')).not.toMatch(/[<>]/);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('says who decided; of what expired, that nothing was changed', () => {
    const said = (view: ProposalView) => renderSettledNotice({ view, link: undefined }).text;
    const open = viewOf('1-1', {}, 'pool');
    expect(said({ ...viewOf('1-1', { state: 'expired' }), approvals: [] })).toMatch(
      /It expired before enough people approved; nothing was changed, <!date/,
    );
    const approvals = ['bob', 'cem'].map((person) => testApproval(open.proposal, person, { at: NOW }));
    expect(said({ ...open, approvals })).toMatch(/Approved by bob and cem, <!date\^\d+\^/);
    const glass = {
      proposal: open.proposal.id,
      digest: '',
      person: asPersonName('ada'),
      reason: 'x',
      surface: 'slack',
      at: NOW,
      review: null,
    } as const;
    expect(said({ ...open, brokenGlass: glass })).toMatch(/ada broke glass for it, <!date/);
  });
});
