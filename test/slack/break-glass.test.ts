import { describe, expect, it } from 'vitest';
import { asRunId } from '../../src/base/ids.ts';
import { SCENE_ALERTS, setSlackScene } from '../helpers/slack-scene.ts';

const PROPOSAL = /^Proposal 1-1:/;
const POLICY = `
roles: { leads: { people: [ada, bob] } }
freezes: [{ name: always, time_zone: UTC, from: 2020-01-01T00:00, until: 2999-01-01T00:00 }]
break_glass: { allow: [leads], channel: ${SCENE_ALERTS} }
`;

/** A proposal that a freeze holds back, in Slack. */
async function frozen() {
  const scene = await setSlackScene({ policy: POLICY });
  await scene.as('U0REQUESTER', '/runbook run word on web-1');
  await scene.message(PROPOSAL);
  const state = async () => (await scene.engine.proposal('1-1')).state;
  return { ...scene, state };
}

describe('a freeze in Slack', () => {
  it('stands in the proposal, and an approval is refused with its name, its end and the way around', async () => {
    const { message, click, lastTold, audit, state } = await frozen();
    expect(JSON.stringify((await message(PROPOSAL)).blocks)).toContain(
      'Not before 2999-01-01 00:00 (UTC): freeze \\"always\\".',
    );
    await click('U0APPROVER', PROPOSAL, 'proposal_approve');
    await lastTold('U0APPROVER').toMatch(/freeze "always" is in force until 2999-01-01[\s\S]*break-glass is for leads/);
    expect(await audit('proposal:1-1')).toContainEqual(['decision.denied', 'bob', 'policy/frozen']);
    expect(await state()).toBe('open');
  });
});

describe('break-glass', () => {
  it('has the change made even for who asked for it, announces it loudly, and stays open for review', async () => {
    const { as, message, lastTold, audit, transport, state } = await frozen();
    await as('U0REQUESTER', '/runbook break-glass 1-1 the shop is down');
    await lastTold('U0REQUESTER').toMatch(/Glass is broken for 1-1/);
    const alert = await message(/^Glass broken: 1-1, write a good word, on web-1/, SCENE_ALERTS);
    expect(alert.text).toMatch(/ada had it made .* their own\.\nReason: the shop is down\nThe review is open/);
    expect(JSON.stringify(alert.blocks)).toMatch(/runbook review 1-1 NOTE.*runbook show 1-1/);
    await message(
      /^Proposal 1-1:.*\nGlass broken by ada: the shop is down\.\nIts review is open\.[\s\S]*proven on web-1/,
    );
    expect([await state(), transport.host('web-1').word]).toEqual(['proven', 'good']);
    expect(await audit('proposal:1-1')).toContainEqual(['glass.broken', 'ada', null]);
    await as('U0APPROVER2', '/runbook status');
    await lastTold('U0APPROVER2').toMatch(/^Review of 1-1 is open: glass broken by ada: the shop is down/);
  });

  it('is reviewed by somebody else, in the same message', async () => {
    const { as, message, lastTold, shown, audit } = await frozen();
    await as('U0REQUESTER', '/runbook break-glass 1-1 the shop is down');
    const before = await message(/^Glass broken: 1-1/, SCENE_ALERTS);
    await as('U0REQUESTER', '/runbook review 1-1 all well');
    await lastTold('U0REQUESTER').toMatch(/you broke the glass for 1-1, so somebody else has to review it/);
    await as('U0APPROVER2', '/runbook review 1-1 it was needed');
    await lastTold('U0APPROVER2').toMatch(/The review of 1-1 is closed/);
    const after = await message(/^Glass broken: 1-1[\s\S]*Reviewed by cem: it was needed/, SCENE_ALERTS);
    expect(after.ts).toBe(before.ts);
    expect(await shown(SCENE_ALERTS)).toHaveLength(1);
    expect(await audit('proposal:1-1')).toEqual(
      expect.arrayContaining([
        ['review.denied', 'ada', 'policy/not-permitted'],
        ['review.closed', 'cem', null],
      ]),
    );
    await as('U0APPROVER', '/runbook review 1-1 me, too');
    await lastTold('U0APPROVER').toMatch(/the review of 1-1 is closed by cem already/);
  });

  it.each([
    ['U0APPROVER2', '1-1 the shop is down', /cem may not break glass for 1-1/, 'policy/not-permitted'],
    ['U0REQUESTER', '1-1 short', /a reason of 10 to 2000 characters/, 'request/invalid'],
    ['U0REQUESTER', '1-1', /a reason of 10 to 2000 characters/, 'request/invalid'],
  ])('is refused to %s who types "%s", and that is recorded', async (user, text, words, code) => {
    const { as, lastTold, audit, shown, state } = await frozen();
    await as(user, `/runbook break-glass ${text}`);
    await lastTold(user).toMatch(words);
    const denied = (await audit('proposal:1-1')).filter(([event]) => event === 'break-glass.denied');
    expect(denied.map(([, , why]) => why)).toEqual([code]);
    expect([await state(), await shown(SCENE_ALERTS)]).toEqual(['open', []]);
  });

  it('without a proposal says what to write', async () => {
    const { as, lastTold } = await frozen();
    await as('U0REQUESTER', '/runbook break-glass the shop is down');
    await lastTold('U0REQUESTER').toMatch(/a proposal has to be named\nWrite \/runbook break-glass 41-1 REASON/);
  });

  it('on the command line while the bot was away is announced when it is back, once', async () => {
    const { app, engine, message, shown, startApp } = await frozen();
    await app[Symbol.asyncDispose]();
    const ada = { person: (await engine.view(asRunId(1))).run.requester, surface: 'cli' } as const;
    await engine.breakGlass({ ...ada, proposal: '1-1', reason: 'the shop is down' });
    const again = await startApp();
    await message(/^Glass broken: 1-1/, SCENE_ALERTS);
    await again[Symbol.asyncDispose]();
    await startApp();
    await message(/^Proposal 1-1:[\s\S]*Glass broken by ada/);
    expect(await shown(SCENE_ALERTS)).toHaveLength(1);
  });
});
