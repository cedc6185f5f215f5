import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { OperatorError } from '../../src/base/error.ts';
import { paramBlock } from '../../src/slack/views/picker-names.ts';
import { FIELDS, libraryOf, setPickerScene, typedInto } from '../helpers/picker-scene.ts';
import { APPROVER, GUEST, REQUESTER } from '../helpers/slack-app-scene.ts';
import { PATIENCE, SCENE_CHANNEL } from '../helpers/slack-scene.ts';

describe('the picker', () => {
  it('opens for the command alone, shows the params of what is chosen, and runs it where the command was typed', async () => {
    const { open, says, use, send, hostsSaid, message, runs, people } = await setPickerScene();
    await open('');
    await says(/Choose a runbook/);
    await use('picker_runbook', { selected_option: 'word' });
    await says(/Tells of word.*interval: integer, 2 to 60 seconds, default 10.*What interval is for/);
    expect(await hostsSaid()).toMatch(/^Which hosts\?/);
    await use('picker_hosts', { value: '@web' });
    await expect.poll(hostsSaid, PATIENCE).toBe('@web: web-1, web-2 (2 hosts)');
    expect(await send(typedInto({ interval: '5' }))).toMatchObject({ ok: true });
    await message(/^Run 1: word on @web: 2 of 2 hosts answered/);
    const expected = { runbook: 'word', selector: '@web', params: { interval: 5, depth: 10 }, requester: 'ada' };
    expect(await runs()).toMatchObject([{ ...expected, channel: SCENE_CHANNEL, surface: 'slack' }]);
    expect(await people.modal(REQUESTER)).toBeNull();
  });

  it('adds hosts from its list to what was typed, and asks for what they are at once', async () => {
    const { open, use, hostsSaid } = await setPickerScene();
    await open('run word');
    await use('picker_add', { selected_option: 'web-2' }, typedInto({ hosts: 'web-1' }));
    await expect.poll(hostsSaid, PATIENCE).toBe('web-1 web-2: web-1, web-2 (2 hosts)');
    await use('picker_hosts', { value: 'web-9' });
    await expect.poll(hostsSaid, PATIENCE).toMatch(/unknown host "web-9"\. Did you mean web-1 or web-2/i);
  });

  it('keeps what was typed when another runbook is chosen, and no default that nobody touched', async () => {
    const { open, says, use, initial } = await setPickerScene();
    await open('run word');
    const count = (name: string) => paramBlock({ name: 'count' }, { name });
    await use('picker_runbook', { selected_option: 'count' }, typedInto({ depth: '7' }));
    await says(/Tells of count/);
    expect(await initial(count('interval'))).toBe('30');
    await use('picker_runbook', { selected_option: 'word' }, { [count('interval')]: { picker_param: '12' } });
    await says(/Tells of word/);
    expect([await initial(FIELDS.interval), await initial(FIELDS.depth)]).toEqual(['12', '7']);
  });

  it.each<[string, Parameters<typeof typedInto>[0], Record<string, RegExp>]>([
    ['hosts that are not there', { hosts: '@wbe' }, { [FIELDS.hosts]: /unknown group "@wbe"\. Did you mean @web/i }],
    ['a word for a number', { interval: 'soon' }, { [FIELDS.interval]: /must be a whole number.*2 to 60 seconds/ }],
    [
      'two numbers out of range',
      { interval: '99', depth: '1' },
      { [FIELDS.interval]: /interval=99 is out of range/, [FIELDS.depth]: /depth=1 is out of range/ },
    ],
  ])('marks %s at the field, and runs nothing', async (_what, values, errors) => {
    const { open, send, runs } = await setPickerScene();
    await open('run word');
    const answer = await send(typedInto({ hosts: 'web-1', ...values }));
    expect(answer).toMatchObject({ ok: false, error: 'refused' });
    expect(Object.keys(answer.errors ?? {})).toEqual(Object.keys(errors));
    for (const [field, words] of Object.entries(errors)) expect(answer.errors?.[field]).toMatch(words);
    expect(await runs()).toEqual([]);
  });

  it('takes an emptied param for its default', async () => {
    const { open, send, message, runs } = await setPickerScene();
    await open('run word interval=5');
    expect(await send({ ...typedInto({ hosts: 'web-1' }), [FIELDS.interval]: { picker_param: null } })).toMatchObject({
      ok: true,
    });
    await message(/^Run 1/);
    expect(await runs()).toMatchObject([{ params: { interval: 10 } }]);
  });

  it('does not run a runbook whose params were not shown: it shows them', async () => {
    const { open, says, send, runs } = await setPickerScene();
    await open('run word');
    await send(typedInto({ runbook: 'count', hosts: 'web-1' }));
    await says(/These are the params of count\. Look at them/);
    expect(await runs()).toEqual([]);
    expect(await send()).toMatchObject({ ok: true });
    await expect.poll(runs, PATIENCE).toMatchObject([{ runbook: 'count', params: { interval: 30, limit: 10 } }]);
  });

  it('that Slack delivers twice starts one run', async () => {
    const { open, people, send, message, shown } = await setPickerScene();
    await open('run word');
    await people.act('fault', { duplicates: 1 });
    await send(typedInto({ hosts: 'web-1' }));
    await message(/^Run 1: .* answered/);
    expect((await shown()).map(({ text }) => text.split(':')[0])).toEqual(['Run 1']);
  });

  it('works in direct messages with the bot', async () => {
    const { open, send, people } = await setPickerScene();
    await open('run word', REQUESTER, 'D0REQUESTER');
    await send(typedInto({ hosts: 'web-1' }));
    await expect
      .poll(async () => (await people.messages('D0REQUESTER', REQUESTER)).map(({ text }) => text).join('\n'), PATIENCE)
      .toMatch(/Run 1: word on web-1/);
  });

  it('in a channel that the bot is not in tells the person, in direct messages, that the run has started', async () => {
    const channels = [{ id: SCENE_CHANNEL, name: 'incidents', withoutBot: true }];
    const { open, send, people, runs } = await setPickerScene({ sandbox: { channels } });
    await open('run word');
    expect(await send(typedInto({ hosts: 'web-1' }))).toMatchObject({ ok: true });
    await expect
      .poll(async () => (await people.messages('D0REQUESTER', REQUESTER)).map(({ text }) => text).join('\n'), PATIENCE)
      .toMatch(/run 1 has started, but I cannot post here \(not_in_channel\)\nInvite me to this channel/);
    expect(await runs()).toHaveLength(1);
  });

  it('says what to do when there are no runbooks', async () => {
    const { as, says } = await setPickerScene({ runbooks: libraryOf() });
    await as(REQUESTER, '/runbook');
    await says(/There is no runbook to run\..*Put one into the runbook directory/);
  });
});

describe('what was typed and is not all or not right', () => {
  it.each<[string, Partial<Record<keyof typeof FIELDS, string>>, RegExp]>([
    ['run word', { runbook: 'word' }, /Which hosts\?/],
    ['run @web', { hosts: '@web' }, /@web: web-1, web-2 \(2 hosts\)/],
    ['run web-1', { hosts: 'web-1' }, /web-1: web-1 \(1 host\)/],
    ['run “word” interval=5', { runbook: 'word', interval: '5' }, /Which hosts\?/],
    ['run wrod on @web', { runbook: 'word', hosts: '@web' }, /Unknown runbook ..wrod..\. Did you mean word\?/],
    ['run word on @wbe', { runbook: 'word', hosts: '@wbe' }, /Unknown group ..@wbe..\. Did you mean @web/],
    [
      'run word on <!subteam^S1|@web> interval=abc',
      { hosts: '@web', interval: 'abc' },
      /interval must be a whole number, not ..abc/i,
    ],
    [
      'run word on web-1 intervall=5',
      { hosts: 'web-1' },
      /Unknown param ..intervall.*Did you mean interval\?.*intervall=5/,
    ],
    ['run word on web-1 interval=4 interval=5', { interval: '4' }, /interval is given twice/],
  ])('"%s" opens the picker with all of it, and says what is wrong', async (text, filled, words) => {
    const { open, says, initial, told, runs } = await setPickerScene();
    await open(text);
    await says(words);
    for (const [field, value] of Object.entries(filled))
      expect(await initial(FIELDS[field as keyof typeof FIELDS]), field).toBe(value);
    expect([await told(REQUESTER), await runs()]).toEqual([[], []]);
  });

  it('is told in words, with what was wrong, when Slack does not open the picker in time', async () => {
    let hurried = 0;
    const clock = { ...systemClock, monotonicMs: () => (hurried += 4000) };
    const { as, lastTold } = await setPickerScene({ sandbox: { clock } });
    await as(REQUESTER, '/runbook run wrod on web-1');
    await lastTold(REQUESTER).toMatch(
      /Slack did not open the dialog in time\. Unknown runbook "wrod"[\s\S]*run NAME on HOSTS/,
    );
  });
});

describe('somebody who may not run', () => {
  it('as a guest is told so in the dialog, and what they send starts nothing', async () => {
    const { as, says, runs, audit } = await setPickerScene();
    await as(GUEST, '/runbook');
    await says(/Guests may not do this/, GUEST);
    expect(await audit('command:')).toContainEqual([
      'identity.denied',
      expect.stringContaining(GUEST),
      'policy/not-permitted',
    ]);
    expect(await runs()).toEqual([]);
  });

  it('under the policy is told so at the hosts, in the dialog', async () => {
    const { open, send, runs } = await setPickerScene({
      policy: 'rules: [{ run: [dba] }]\nroles: { dba: { people: [cem] } }',
    });
    await open('run word', APPROVER);
    const answer = await send(typedInto({ hosts: 'web-1' }), APPROVER);
    expect(answer.errors?.[FIELDS.hosts]).toMatch(/bob may not run word/i);
    expect(await runs()).toEqual([]);
  });

  it('and of whom that becomes known late is told in the channel, alone', async () => {
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    const late = new OperatorError('policy/not-permitted', { message: 'not tonight', hint: 'Ask tomorrow.' });
    const { open, send, lastTold, told } = await setPickerScene({
      adapt: (engine) => ({ ...engine, start: async () => held.then(() => Promise.reject(late)) }),
    });
    await open('run word');
    expect(await send(typedInto({ hosts: 'web-1' }))).toMatchObject({ ok: true });
    release();
    await lastTold(REQUESTER).toMatch(/not tonight\nAsk tomorrow/);
    expect(await told(APPROVER)).toEqual([]);
  });
});
