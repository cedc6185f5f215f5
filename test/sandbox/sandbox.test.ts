import { request } from 'node:http';
import { expect, test } from 'vitest';
import { sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';

/** The status of a request with headers that fetch would not send. */
function statusOf(url: string, headers: Record<string, string>, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('a taken port is an operator error that says what to do', async () => {
  await using first = await startTestSandbox();
  const port = Number(new URL(first.url).port);
  await expect(startTestSandbox({ port })).rejects.toMatchObject({
    code: 'config/port-in-use',
    hint: expect.stringContaining(String(port)),
  });
});

test('tokens have the prefixes that Bolt wants, and no two starts share them', async () => {
  await using one = await startTestSandbox();
  await using other = await startTestSandbox();
  expect(one.botToken).toMatch(/^xoxb-/);
  expect(one.appToken).toMatch(/^xapp-/);
  expect(
    new Set([one.botToken, one.appToken, one.controlToken, other.botToken, other.appToken, other.controlToken]).size,
  ).toBe(6);
});

test('the control API wants its token, a local Host and its own Origin', async () => {
  await using sandbox = await startTestSandbox();
  const url = new URL('/_control/state', sandbox.slackApiUrl).href;
  const authorization = `Bearer ${sandbox.controlToken}`;
  expect(await statusOf(url, { authorization })).toBe(200);
  expect(await statusOf(url, {})).toBe(401);
  expect(await statusOf(url, { authorization: 'Bearer wrong' })).toBe(401);
  expect(await statusOf(url, { authorization, host: 'rebound.example' })).toBe(403);
  expect(await statusOf(url, { authorization, origin: 'https://elsewhere.example' })).toBe(403);
  const command = new URL('/_control/command', sandbox.slackApiUrl).href;
  expect(await statusOf(command, {}, 'POST')).toBe(401);
  expect(await statusOf(new URL('/', sandbox.slackApiUrl).href, { host: 'rebound.example' })).toBe(403);
});

test('the page is served with a policy that runs nothing but its own script', async () => {
  await using sandbox = await startTestSandbox();
  const response = await fetch(sandbox.url);
  expect(await response.text()).not.toContain(sandbox.controlToken);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
});

test('members cannot see the direct messages of others, and nobody acts who is not there', async () => {
  await using sandbox = await startTestSandbox();
  const person = sandboxClient(sandbox);
  const peek = { user: 'U0REQUESTER', channel: 'D0APPROVER', text: 'hello' };
  expect(await person.act('message', peek)).toEqual({ ok: false, error: 'unknown_channel' });
  expect(await person.act('command', { ...peek, user: 'U0NOBODY' })).toEqual({ ok: false, error: 'unknown_user' });
  expect(await person.act('command', { user: 'U0REQUESTER' })).toEqual({ ok: false, error: 'missing_channel' });
});

test('a reset forgets messages and faults but not the tokens', async () => {
  await using sandbox = await startTestSandbox();
  const person = sandboxClient(sandbox);
  await person.act('message', { user: 'U0REQUESTER', channel: 'C0OPS', text: 'a < b & @approver' });
  expect(await person.messages('C0OPS')).toMatchObject([{ text: 'a &lt; b &amp; <@U0APPROVER>' }]);
  await person.act('fault', { delayMs: 50, dropAcks: 2 });
  expect(await person.state()).toMatchObject({ faults: { delayMs: 50, dropAcks: 2 } });
  await person.act('reset', {});
  expect(await person.messages('C0OPS')).toEqual([]);
  expect(await person.state()).toMatchObject({ faults: { delayMs: 0, dropAcks: 0 } });
});

test('the raw traffic holds no token', async () => {
  await using sandbox = await startTestSandbox();
  const person = sandboxClient(sandbox);
  const body = new URLSearchParams({ token: sandbox.botToken, channel: 'C0OPS', text: 'hi' });
  const response = await fetch(`${sandbox.slackApiUrl}chat.postMessage`, { method: 'POST', body });
  expect(await response.json()).toMatchObject({ ok: true, channel: 'C0OPS' });
  const log = JSON.stringify(await person.log());
  expect(log).toContain('chat.postMessage');
  expect(log).not.toContain(sandbox.botToken);
});

test('changes are streamed, one per line', async () => {
  await using sandbox = await startTestSandbox();
  const person = sandboxClient(sandbox);
  const headers = { authorization: `Bearer ${sandbox.controlToken}` };
  const response = await fetch(new URL('/_control/stream', sandbox.slackApiUrl), { headers });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toContain('"workspace"');
  void person.act('message', { user: 'U0REQUESTER', channel: 'C0OPS', text: 'hi' });
  expect((await reader.read()).value).toContain('{"kind":"messages","channel":"C0OPS","by":"U0REQUESTER"}');
  await reader.cancel();
});
