import { App, LogLevel } from '@slack/bolt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { Secret } from '../../src/base/secret.ts';
import { createHttpIntake } from '../../src/slack/http-intake.ts';
import { commandBody, type Forgery, postSigned } from '../helpers/signed.ts';

const SECRET = 'the-signing-secret';

/** Requests taken on a free port, and what an app behind them heard. */
async function takeRequests(listen = { host: '127.0.0.1', port: 0 }) {
  const intake = createHttpIntake({
    signingSecret: new Secret(SECRET),
    listen,
    otherPages: async (path) => (path === '/readyz' ? { status: 503, body: { ok: false } } : undefined),
    logger: silentLogger,
  });
  onTestFinished(() => intake.close());
  const heard: string[] = [];
  const app = new App({
    token: 'xoxb-1',
    botId: 'B0',
    botUserId: 'U0',
    receiver: intake.receiver,
    logLevel: LogLevel.ERROR,
  });
  app.command('/runbook', async ({ ack, body }) => {
    await ack();
    heard.push(body.text);
  });
  await intake.prepare();
  const before = intake.condition();
  await intake.open();
  const origin = /http:\/\/[^/]+/.exec(intake.condition().words)?.[0] ?? '';
  const post = (body: string, forgery?: Forgery) => postSigned(origin, SECRET, body, forgery);
  return { intake, heard, origin, post, before };
}

describe('requests of Slack', () => {
  it('are taken from when the bot is ready until it stops, and are then asked for again later', async () => {
    const { intake, before, heard, post } = await takeRequests();
    expect(before).toMatchObject({ ok: false, words: expect.stringContaining('not taken') });
    expect((await post(commandBody('first'))).status).toBe(200);
    await intake.stop();
    expect((await post(commandBody('late'))).status).toBe(503);
    expect(intake.condition().ok).toBe(false);
    expect(heard).toEqual(['first']);
  });

  it.each<[string, Forgery, number]>([
    ['signed with another secret', { secret: 'another' }, 401],
    ['signed more than five minutes ago', { agoS: 301 }, 401],
    ['with a signature of another version', { headers: { 'x-slack-signature': 'v1=00' } }, 401],
    ['with an empty signature', { headers: { 'x-slack-signature': 'v0=' } }, 401],
    ['with a time that is none', { headers: { 'x-slack-request-timestamp': 'now' } }, 401],
    ['at another path', { path: '/slack/other' }, 404],
    ['at a path that only looks like it', { path: '/slack/events/' }, 404],
    ['as GET', { method: 'GET' }, 405],
  ])('are refused %s', async (_how, forgery, status) => {
    const { heard, post } = await takeRequests();
    expect((await post(commandBody('forged'), forgery)).status).toBe(status);
    expect(heard).toEqual([]);
  });

  it('are refused without a signature, when altered, and when too large', async () => {
    const { heard, origin, post } = await takeRequests();
    expect((await fetch(`${origin}/slack/events`, { method: 'POST', body: commandBody('bare') })).status).toBe(401);
    const other = { 'x-slack-signature': `v0=${'0'.repeat(64)}` };
    expect((await post(commandBody('altered'), { headers: other })).status).toBe(401);
    expect((await post(commandBody('x'.repeat(1_100_000)))).status).toBe(413);
    expect(heard).toEqual([]);
  });

  it('with ssl_check are answered and nothing in them is heard', async () => {
    const { heard, origin } = await takeRequests();
    const body = commandBody('smuggled', { ssl_check: '1' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await fetch(`${origin}/slack/events`, { method: 'POST', body, headers })).status).toBe(200);
    expect(heard).toEqual([]);
  });

  it('have other pages beside them, to be looked at alone', async () => {
    const { origin } = await takeRequests();
    const page = await fetch(`${origin}/readyz`);
    expect({ status: page.status, body: await page.json() }).toEqual({ status: 503, body: { ok: false } });
    expect((await fetch(`${origin}/readyz`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${origin}/`)).status).toBe(404);
  });

  it('cannot be taken where something else listens, and the error says so', async () => {
    const { origin } = await takeRequests();
    const port = Number(new URL(origin).port);
    await expect(takeRequests({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'config/port-in-use',
      hint: expect.stringContaining('slack.listen'),
    });
  });
});
