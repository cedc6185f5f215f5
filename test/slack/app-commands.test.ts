import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { APPROVER, GUEST, NOBODY, REQUESTER, setAppScene } from '../helpers/slack-app-scene.ts';
import { PATIENCE } from '../helpers/slack-scene.ts';

const PROPOSAL = /^Proposal 1-1:/;

describe('the slash command', () => {
  it.each([
    ['help', /runbook run NAME on HOSTS/],
    ['list', /^word: The word/],
    ['hosts', /^@web: web-1 \(1 host\)/],
    ['status', /^Nothing runs and nothing waits\./],
    ['history', /^No runs to show\./],
  ])('answers "%s" to the person who asked, and to nobody else', async (text, answer) => {
    const { as, lastTold, shown, told } = await setAppScene();
    expect(await as(REQUESTER, `/runbook ${text}`)).toMatchObject({ ok: true });
    await lastTold(REQUESTER).toMatch(answer);
    expect([await shown(), await told(APPROVER)]).toEqual([[], []]);
  });

  it.each([
    ['rnu word on web-1', /"rnu" is not a subcommand\nDid you mean \/runbook run word on web-1/],
    ['word on web-1', /"word" is not a subcommand\nDid you mean \/runbook run word on web-1\?/],
    ['wrod', /"wrod" is not a subcommand\nDid you mean \/runbook run word on HOSTS\?/],
    ['stop 7', /"stop" is not a subcommand\nDid you mean \/runbook cancel 7\?/],
    ['xyzzy', /"xyzzy" is not a subcommand\nThere are run, list, hosts, .*\/runbook alone opens a dialog/],
    ['again', /nothing ran here yet.*\n.*\/runbook again 41/],
    ['again 7', /there is no run 7/],
    ['again fialed', /"fialed" is neither the number of a run nor "failed"\nDid you mean failed\?/],
    ['cancel', /^Nothing is being asked now/],
    ['show', /which run or proposal\?\n.*\/runbook show 41-1/],
    ['show 7', /there is no run 7/],
    ['show 7-1', /there is no proposal 7-1/],
    ['hosts web-9', /unknown host "web-9"\n.*web-1/],
    ['status x', /"x" is not the number of a run/],
    ['status 7', /there is no run 7/],
    ['cancel 7', /there is no run 7/],
    ['history since someday', /someday/],
  ])('answers "%s" with what is wrong and what to do, to the person alone', async (text, answer) => {
    const { as, lastTold, shown, engine } = await setAppScene();
    await as(REQUESTER, `/runbook ${text}`);
    await lastTold(REQUESTER).toMatch(answer);
    expect([await shown(), await engine.history({ limit: 10 })]).toEqual([[], []]);
  });

  it.each([
    [GUEST, /Guests may not do this\./],
    [NOBODY, /not among the configured people/],
  ])('refuses a run of %s', async (user, answer) => {
    const { as, lastTold, engine } = await setAppScene();
    await as(user, '/runbook run word on web-1');
    await lastTold(user).toMatch(answer);
    expect(await engine.history({ limit: 10 })).toEqual([]);
  });

  it.each(['@web', 'group:web', '<!subteam^S1|@web>', '<@U1|web>', '<http://web-1|web-1>', 'web-* !web-9*'])(
    'understands the hosts "%s", as people and Slack write them',
    async (hosts) => {
      const { as, engine, message, told } = await setAppScene({ words: { 'web-1': 'good', 'web-9': 'good' } });
      await as(REQUESTER, `/runbook run word on ${hosts} interval=5`);
      expect((await message(/^Run 1: .* answered/)).text).toContain('The word is good');
      const [entry] = await engine.history({ limit: 10 });
      expect(entry?.run).toMatchObject({ requester: 'ada', surface: 'slack', params: { interval: 5 } });
      expect(entry?.hosts.map(({ host }) => host)).toContain('web-1');
      expect(await told(REQUESTER)).toEqual([]);
    },
  );

  it('that Slack delivers twice starts one run', async () => {
    const { as, people, settled, shown } = await setAppScene({ words: { 'web-1': 'good' } });
    await people.act('fault', { duplicates: 1 });
    await as(REQUESTER, '/runbook run word on web-1');
    await settled(1);
    expect((await shown()).map(({ text }) => text.split(':')[0])).toEqual(['Run 1']);
  });

  it('shows what ran and what waits, as a list and in full', async () => {
    const { as, lastTold, message } = await setAppScene();
    await as(REQUESTER, '/runbook run word on web-1');
    await message(PROPOSAL);
    await as(APPROVER, '/runbook status');
    await lastTold(APPROVER).toMatch(/run 1: word on web-1, 1 of 1 answered, asked by ada.*1-1 .*: open/);
    await as(APPROVER, '/runbook history web-1 since 1h');
    await lastTold(APPROVER).toMatch(/CRITICAL The word is bad/);
    await as(APPROVER, '/runbook status 1');
    await lastTold(APPROVER).toMatch(/^Run 1: word on web-1/);
    await as(APPROVER, '/runbook show 1-1');
    await lastTold(APPROVER).toMatch(/^Proposal 1-1: [\s\S]*May approve: bob and gus, not ada, who asked/);
  });
});

describe('a command', () => {
  it('that takes long is acknowledged in time', async () => {
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    const { as, message } = await setAppScene({
      adapt: (engine) => ({ ...engine, start: async (request) => held.then(() => engine.start(request)) }),
    });
    expect(await as(REQUESTER, '/runbook run word on web-1')).toMatchObject({ ok: true });
    release();
    await message(/^Run 1: /);
  });

  it('is answered although its response_url has ended meanwhile', async () => {
    let late = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + late };
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    const { as, lastTold, told } = await setAppScene({
      sandbox: { clock },
      adapt: (engine) => ({ ...engine, history: async (query) => held.then(() => engine.history(query)) }),
    });
    await as(REQUESTER, '/runbook history');
    late = 31 * 60_000;
    release();
    await lastTold(REQUESTER).toMatch(/^No runs to show/);
    expect(await told(APPROVER)).toEqual([]);
  });

  it('cancels a run, in its message and for the person who asked', async () => {
    const { as, message, lastTold, transport } = await setAppScene();
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    transport.host('web-1').meanwhile = () => held;
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 1: word on web-1: asking/);
    await as(APPROVER, '/runbook cancel 1');
    await lastTold(APPROVER).toMatch(/^Run 1 is cancelled\./);
    await message(/^Run 1: word on web-1: cancelled/);
    release();
  });

  it('for the history of several hosts is refused rather than answered for one of them', async () => {
    const { as, lastTold } = await setAppScene({ words: { 'web-1': 'good', 'web-2': 'good' } });
    await as(REQUESTER, '/runbook history @web');
    await lastTold(REQUESTER).toMatch(/"@web" are 2 hosts/);
  });

  it('works in direct messages with the bot', async () => {
    const { people } = await setAppScene();
    await people.command(REQUESTER, 'D0REQUESTER', '/runbook run word on web-1');
    await expect
      .poll(async () => (await people.messages('D0REQUESTER', REQUESTER)).map(({ text }) => text).join('\n'), PATIENCE)
      .toMatch(/The word is bad[\s\S]*waits for approval/);
  });
});
