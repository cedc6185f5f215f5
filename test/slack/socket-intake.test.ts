import { App, LogLevel } from '@slack/bolt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Intake } from '../../src/slack/intake.ts';
import { createSocketIntake } from '../../src/slack/socket-intake.ts';
import { sandboxClient } from '../helpers/sandbox.ts';
import { startComingAndGoing, startSilence, watchRejections } from '../helpers/slack-places.ts';

const PATIENCE = { timeout: 15_000 };
const CHANNEL = 'C0INCIDENTS';

/** Sockets to a Slack, and an app behind them that acknowledges commands and keeps their words. */
function connectTo(place: { readonly slackApiUrl: string; readonly appToken: string; readonly botToken: string }) {
  const intake: Intake = createSocketIntake({
    appToken: new Secret(place.appToken),
    slackApiUrl: place.slackApiUrl,
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => intake.close());
  const heard: string[] = [];
  const app = new App({
    token: place.botToken,
    botId: 'B0',
    botUserId: 'U0',
    receiver: intake.receiver,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: place.slackApiUrl },
  });
  app.command('/runbook', async ({ ack, body }) => {
    await ack();
    heard.push(body.text);
  });
  const connected = (): string => intake.condition().words.slice(0, 6);
  return { intake, heard, connected };
}

describe('the sockets to Slack', { timeout: 40_000 }, () => {
  it('are two, and each delivery comes once', async () => {
    const { sandbox } = await startComingAndGoing();
    const { intake, heard } = connectTo(sandbox);
    await intake.open();
    expect(intake.condition()).toEqual({ ok: true, words: '2 of 2 sockets are connected' });
    for (const text of ['one', 'two', 'three'])
      expect(await sandboxClient(sandbox).command('U0REQUESTER', CHANNEL, `/runbook ${text}`)).toMatchObject({
        ok: true,
      });
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('are opened again at once when Slack refreshes them, and a command meanwhile is acknowledged', async () => {
    const { sandbox } = await startComingAndGoing();
    const { intake, heard, connected } = connectTo(sandbox);
    await intake.open();
    const people = sandboxClient(sandbox);
    await people.act('disconnect', { reason: 'refresh_requested', which: 'one' });
    expect(await people.command('U0REQUESTER', CHANNEL, '/runbook meanwhile')).toMatchObject({ ok: true });
    await expect.poll(() => people.state(), PATIENCE).toMatchObject({ sockets: 2 });
    await expect.poll(connected, PATIENCE).toBe('2 of 2');
    expect(heard).toEqual(['meanwhile']);
  });

  it('are opened again whenever Slack is back, also after it refused the token, and no rejection is left unhandled', async () => {
    const rejections = watchRejections();
    const place = await startComingAndGoing();
    const { intake, heard, connected } = connectTo(place.sandbox);
    await intake.open();
    await place.leave();
    await expect.poll(() => intake.condition(), PATIENCE).toMatchObject({ ok: false });
    await expect
      .poll(() => intake.condition().words, PATIENCE)
      .toMatch(/^0 of 2 .*the last try failed: .*fetch failed/);
    await place.comeBack({ otherTokens: true });
    await expect.poll(() => intake.condition().words, PATIENCE).toMatch(/^0 of 2 .*invalid_auth/);
    await place.leave();
    const back = await place.comeBack();
    await expect.poll(connected, PATIENCE).toBe('2 of 2');
    expect(await sandboxClient(back).command('U0REQUESTER', CHANNEL, '/runbook again')).toMatchObject({ ok: true });
    expect(heard).toEqual(['again']);
    expect(rejections).toEqual([]);
  });

  it.each([
    ['is gone', async () => ({ slackApiUrl: 'http://127.0.0.1:9/api/' })],
    ['takes connections and says nothing', async () => ({ slackApiUrl: (await startSilence()).apiUrl })],
  ])('can be stopped while Slack %s', async (_how, place) => {
    const rejections = watchRejections();
    const { intake } = connectTo({ ...(await place()), appToken: 'xapp-1', botToken: 'xoxb-1' });
    const opening = intake.open();
    await systemClock.sleep(50);
    await intake.stop();
    await opening;
    expect(intake.condition().ok).toBe(false);
    expect(rejections).toEqual([]);
  });

  it('open no socket any more when Slack comes back after they were stopped', async () => {
    const place = await startComingAndGoing();
    const { intake } = connectTo(place.sandbox);
    await intake.open();
    await place.leave();
    await expect.poll(() => intake.condition(), PATIENCE).toMatchObject({ ok: false });
    await intake.stop();
    const back = await place.comeBack();
    await systemClock.sleep(1000);
    expect(await sandboxClient(back).state()).toMatchObject({ sockets: 0 });
  });

  it('end the start when Slack refuses the app token', async () => {
    const { sandbox } = await startComingAndGoing();
    const { intake } = connectTo({ ...sandbox, appToken: 'xapp-other' });
    await expect(intake.open()).rejects.toThrow('Slack refuses the app token: invalid_auth');
  });
});
