import type { HomeView } from '@slack/types';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { asPersonName, type ProposalId } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Overview } from '../../src/engine/overview.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { createHomes } from '../../src/slack/home.ts';
import { createOverviews } from '../../src/slack/overviews.ts';
import type { Answer } from '../../src/slack/people-client.ts';
import { testPerson, testProposal } from '../helpers/change.ts';
import { wordsOf } from '../helpers/home-scene.ts';
import { createMovedClock } from '../helpers/moved-clock.ts';

const NONE = { first: [], total: 0 };
const EMPTY: Overview = {
  running: NONE,
  working: NONE,
  open: [],
  stuck: NONE,
  ended: NONE,
  reviews: NONE,
  troubled: NONE,
};

/** Homes over an overview that the test changes, and a Slack that answers as it is told. */
function arrange() {
  const clock = createMovedClock();
  const stored = { stamp: '1', overview: EMPTY, loads: 0 };
  const slack = {
    views: [] as (readonly [string, HomeView])[],
    answers: [] as Answer<null>[],
    reader: async (): Promise<void> => {},
  };
  const overviews = createOverviews({
    overviewStamp: async () => stored.stamp,
    overview: async () => {
      stored.loads += 1;
      return stored.overview;
    },
  });
  const homes = createHomes({
    overviews,
    policy: createPolicy([testPerson('ada', 'run'), testPerson('bob', 'approve')]),
    identity: {
      reader: async ({ userId }) => {
        await slack.reader();
        return { person: asPersonName(userId.slice(2)), surface: 'slack' };
      },
    },
    userGroups: { freshen: async () => {} },
    client: {
      publishHome: async (user, view) => {
        slack.views.push([user, view]);
        return slack.answers.shift() ?? { kind: 'ok', value: null };
      },
    },
    permalinks: { of: async () => undefined },
    clock,
    logger: silentLogger,
    command: '/runbook',
    pollMs: 5,
  });
  onTestFinished(() => homes[Symbol.asyncDispose]());
  const open = (user: string) => homes.opened({ userId: user, teamId: 'T1' });
  const wait = (id: ProposalId | undefined = undefined): void => {
    const proposal = testProposal({ expiresAt: clock.now() + 3_600_000, ...(id === undefined ? {} : { id }) });
    const view = { proposal, approvals: [], attempts: [], undoRequests: [], canUndo: false, canLook: false };
    stored.overview = { ...EMPTY, open: [view] };
    stored.stamp += '+';
  };
  const words = (user: string) =>
    slack.views.filter(([to]) => to === user).map(([, { blocks }]) => wordsOf(blocks).split('\n')[0]);
  return { homes, open, wait, words, slack, stored, clock };
}

describe('Homes', () => {
  it('are published when somebody opens theirs, and again when what is stored looks different to them', async () => {
    const { homes, open, wait, words, clock, stored } = arrange();
    homes.serve();
    await open('U_ada');
    await open('U_bob');
    wait();
    clock.ahead(3000);
    await expect.poll(() => words('U_bob')).toEqual([expect.stringMatching(/^Nothing runs/), 'Waits for you (1)']);
    await expect.poll(() => words('U_ada')).toHaveLength(2);
    stored.stamp += 'of nothing that shows';
    clock.ahead(10_000);
    await expect.poll(() => stored.loads, { timeout: 5000 }).toBe(3);
    expect([words('U_ada').length, words('U_bob').length]).toEqual([2, 2]);
  });

  it('are not published for somebody twice within seconds, unless they did something', async () => {
    const { homes, open, wait, words, clock, stored } = arrange();
    homes.serve();
    await open('U_bob');
    wait();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(words('U_bob')).toHaveLength(1);
    await homes.refresh('U_bob');
    expect(words('U_bob')).toHaveLength(2);
    stored.overview = EMPTY;
    stored.stamp += '+';
    clock.ahead(3000);
    await expect.poll(() => words('U_bob')).toHaveLength(3);
  });

  it('are forgotten an hour after they were opened', async () => {
    const { homes, open, wait, words, clock } = arrange();
    await open('U_bob');
    clock.ahead(3_600_001);
    homes.serve();
    wait();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await homes.refresh('U_bob');
    expect(words('U_bob')).toHaveLength(1);
  });

  it('that Slack was asked for too often are published later, and those that it refuses are forgotten', async () => {
    const { homes, open, wait, words, clock, slack } = arrange();
    slack.answers.push({ kind: 'later', afterMs: 20_000 });
    homes.serve();
    await open('U_bob');
    clock.ahead(19_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(words('U_bob')).toHaveLength(1);
    slack.answers.push({ kind: 'refused', error: 'not_enabled' });
    clock.ahead(1000);
    await expect.poll(() => words('U_bob')).toHaveLength(2);
    wait();
    await homes.refresh('U_bob');
    expect(words('U_bob')).toHaveLength(2);
  });

  it('stop showing hosts to somebody who is no full member any more', async () => {
    const { homes, open, wait, words, clock, slack } = arrange();
    wait();
    homes.serve();
    await open('U_bob');
    expect(words('U_bob')).toEqual(['Waits for you (1)']);
    slack.reader = async () => {
      throw new OperatorError('policy/not-permitted', { message: 'Guests may not do this.' });
    };
    clock.ahead(60_000);
    await expect.poll(() => words('U_bob').at(-1)).toBe('Countersign');
    expect(JSON.stringify(slack.views.at(-1))).not.toContain('web-1');
  });

  it('that closed because Slack did not say who somebody is are open again soon, for people approve there', async () => {
    const { homes, open, wait, words, clock, slack } = arrange();
    wait();
    slack.reader = async () => {
      throw new OperatorError('policy/not-permitted', { message: 'Slack could not say who you are.' });
    };
    await open('U_bob');
    expect(words('U_bob')).toEqual(['Countersign']);
    slack.reader = async () => {};
    homes.serve();
    clock.ahead(10_000);
    await expect.poll(() => words('U_bob').at(-1)).toBe('Waits for you (1)');
  });

  it('outlive a Slack that cannot be asked who somebody is', async () => {
    const { homes, open, words, slack, clock } = arrange();
    slack.reader = async () => {
      throw new Error('a bug');
    };
    await open('U_bob');
    expect(words('U_bob')).toEqual([]);
    slack.reader = async () => {};
    clock.ahead(10_000);
    homes.serve();
    await expect.poll(() => words('U_bob')).toHaveLength(1);
  });
});
