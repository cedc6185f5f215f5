import { describe, expect, it, onTestFinished } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { setHomeScene } from '../helpers/home-scene.ts';
import { APPROVER, GUEST, NOBODY, REQUESTER } from '../helpers/slack-app-scene.ts';
import { PATIENCE } from '../helpers/slack-scene.ts';

describe('the App Home', () => {
  it('with nothing to show says what to do, and its button opens the picker', async () => {
    const { open, homeShows, clickHome, modalShows } = await setHomeScene();
    await open(REQUESTER);
    await homeShows(REQUESTER).toMatch(
      /Nothing runs, nothing waits[\s\S]*\/runbook run NAME on HOSTS[\s\S]*\[Run a runbook\]/,
    );
    expect(await clickHome(REQUESTER, 'home_run')).toMatchObject({ ok: true });
    await modalShows(REQUESTER).toMatch(/word/i);
  });

  it.each([
    [GUEST, /Guests may not do this/],
    [NOBODY, /not among the configured people[\s\S]*slack: U0APPROVER2/],
  ])('shows %s nothing of the hosts, says why and what to do, and records nothing', async (user, said) => {
    const { as, open, homeShows, home, message, store } = await setHomeScene();
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Proposal 1-1/);
    const before = await store.audit.head();
    await open(user);
    await homeShows(user).toMatch(said);
    expect(await home(user)).not.toMatch(/web-1|\[/);
    expect((await store.audit.head()).seq).toBe(before.seq);
  });

  it('shows who may approve what waits for them; a click there counts and is shown at once, to others soon', async () => {
    const { as, open, homeShows, home, clickHome, message, audit, transport, people } = await setHomeScene();
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Proposal 1-1/);
    await open(APPROVER);
    await open(REQUESTER);
    await homeShows(APPROVER).toMatch(
      /Waits for you \(1\)\n1-1: write a good word\n[\s\S]*Asked by ada[\s\S]*\[Approve\]/,
    );
    await homeShows(APPROVER).toMatch(/\[Open message\]/);
    await homeShows(REQUESTER).toMatch(/Waits for others \(1\)\n1-1: write a good word/);
    await homeShows(REQUESTER).toMatch(/Hosts in trouble \(1\)\nweb-1\n {2}CRITICAL The word is bad/);
    expect(await home(REQUESTER)).not.toMatch(/\[(?:Approve|Reject)/);
    expect(JSON.stringify(await people.home(APPROVER))).toMatch(/"confirm":\{"title"[^}]*"Approve 1-1\?"/);
    expect(await clickHome(APPROVER, 'proposal_approve')).toMatchObject({ ok: true });
    await message(/^Proposal 1-1:[\s\S]*Applied and proven on web-1/);
    await homeShows(APPROVER).toMatch(
      /Changed lately \(1\)\n[\s\S]*1-1: write a good word[\s\S]*Applied and proven on web-1/,
    );
    await homeShows(APPROVER).toMatch(/Since then 1-1 was proven there/);
    await homeShows(REQUESTER).toMatch(/Changed lately \(1\)/);
    expect(await home(APPROVER)).not.toMatch(/\[Approve/);
    expect((await audit('proposal:1-1')).map(([event]) => event)).toContain('proposal.approved');
    expect(transport.host('web-1').word).toBe('good');
  });

  it('shows what runs with who answered, and its Cancel button cancels', async () => {
    const scene = await setHomeScene({ words: { 'web-1': 'bad', 'web-2': 'bad' } });
    const { as, open, homeShows, clickHome, message, transport } = scene;
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    transport.host('web-2').meanwhile = () => held;
    await as(REQUESTER, '/runbook run word on all');
    await open(APPROVER);
    await homeShows(APPROVER).toMatch(
      /Runs now \(1\)\nrun 1: word\n on all · 1 of 2 hosts answered\n · just begun · asked by ada/,
    );
    expect(await clickHome(APPROVER, 'run_cancel')).toMatchObject({ ok: true });
    await message(/^Run 1: .*cancelled/);
    await homeShows(APPROVER).toMatch(/Nothing runs, nothing waits|Nothing runs\. Start something/);
  });

  it('tells in a dialog what a click there could not do, for it has no channel', async () => {
    const expired = new OperatorError('state/expired', { message: '1-1 expired', hint: 'Run the runbook again.' });
    const { as, open, homeShows, clickHome, modalShows, message } = await setHomeScene({
      adapt: (engine) => ({ ...engine, decide: () => Promise.reject(expired) }),
    });
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Proposal 1-1/);
    await open(APPROVER);
    await homeShows(APPROVER).toMatch(/\[Approve\]/);
    await clickHome(APPROVER, 'proposal_approve');
    await modalShows(APPROVER).toMatch(/1-1 expired\n[\s\S]*Run the runbook again/);
  });

  it('begins runs in direct messages with the bot, where approvers find no way to: their Home has what waits', async () => {
    const { people, directs, open, homeShows, clickHome, shown } = await setHomeScene();
    expect(await people.command(REQUESTER, 'D0REQUESTER', '/runbook run word on web-1')).toMatchObject({ ok: true });
    await expect
      .poll(async () => (await directs(REQUESTER)).map(({ text }) => text.split(':')[0]), PATIENCE)
      .toEqual(['Run 1', 'Proposal 1-1']);
    await expect
      .poll(async () => JSON.stringify((await directs(APPROVER))[0]?.blocks), PATIENCE)
      .toMatch(/The Home tab here has it/);
    await open(APPROVER);
    await homeShows(APPROVER).toMatch(/Waits for you \(1\)[\s\S]*\[Reject/);
    await homeShows(APPROVER).not.toMatch(/Open message/);
    await clickHome(APPROVER, 'proposal_approve');
    await expect
      .poll(async () => (await directs(REQUESTER)).map(({ text }) => text).join('\n'), PATIENCE)
      .toMatch(/Applied and proven on web-1/);
    expect(await shown()).toEqual([]);
  });
});
