import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_EVENTS, DEFAULT_SCOPES } from '../../src/sandbox/web-api/scopes.ts';
import { INCIDENTS, openSandbox } from '../helpers/sandbox-scene.ts';

test('a sandbox that names no scopes and events has those of the manifest', () => {
  const manifest = parse(readFileSync(new URL('../../docs/slack-app-manifest.yaml', import.meta.url), 'utf8')) as {
    oauth_config: { scopes: { bot: string[]; bot_optional: string[] } };
    settings: { event_subscriptions: { bot_events: string[] } };
  };
  const { bot, bot_optional } = manifest.oauth_config.scopes;
  expect([...DEFAULT_SCOPES].sort()).toEqual([...bot, ...bot_optional].sort());
  expect(DEFAULT_EVENTS).toEqual(manifest.settings.event_subscriptions.bot_events);
});

test('a call without its scope is refused, with what is needed and what was granted', async () => {
  const { api, person } = await openSandbox({ scopes: ['commands', 'users:read'] });
  expect((await api('chat.postMessage', { channel: INCIDENTS, text: 'x' })).json).toEqual({
    ok: false,
    error: 'missing_scope',
    needed: 'chat:write',
    provided: 'commands,users:read',
  });
  expect((await api('users.info', { user: 'U0GUEST' })).json.ok).toBe(true);
  expect(await person.messages(INCIDENTS)).toEqual([]);
});

test('reading a conversation takes the scope of its kind', async () => {
  const channels = [
    { id: 'C0OPEN', name: 'open' },
    { id: 'G0SECRET', name: 'secret', isPrivate: true },
  ];
  const { api } = await openSandbox({ channels, scopes: ['channels:history', 'groups:read'] });
  const history = async (channel: string) => (await api('conversations.history', { channel })).json;
  expect(await history('C0OPEN')).toMatchObject({ ok: true });
  expect(await history('G0SECRET')).toMatchObject({ error: 'missing_scope', needed: 'groups:history' });
  expect(await history('D0GUEST')).toMatchObject({ error: 'missing_scope', needed: 'im:history' });
  expect((await api('conversations.info', { channel: 'C0OPEN' })).json).toMatchObject({ needed: 'channels:read' });
  expect((await api('conversations.info', { channel: 'G0SECRET' })).json).toMatchObject({ ok: true });
});

test('every answer says what the token may do and what the method takes', async () => {
  const { api, sandbox } = await openSandbox({ scopes: ['commands', 'chat:write'] });
  const headersOf = async (method: string, token?: string) => {
    const { response } = await api(method, {}, token);
    return [response.headers.get('x-oauth-scopes'), response.headers.get('x-accepted-oauth-scopes')];
  };
  expect(await headersOf('chat.update')).toEqual(['commands,chat:write', 'chat:write']);
  expect(await headersOf('auth.test')).toEqual(['commands,chat:write', '']);
  expect(await headersOf('apps.connections.open', sandbox.appToken)).toEqual([
    'connections:write',
    'connections:write',
  ]);
});

test('events come only to a bot that subscribed to them and may hear them', async () => {
  const events = ['message', 'app_mention'];
  const { person, connect } = await openSandbox({ events, scopes: ['app_mentions:read', 'groups:history'] });
  const heard: string[] = [];
  await connect((app) => {
    app.event('app_mention', async ({ event }) => void heard.push(event.type));
    app.event('message', async ({ event }) => void heard.push(event.type));
  });
  const text = 'hello @countersign';
  expect(await person.act('message', { user: 'U0GUEST', channel: INCIDENTS, text })).toMatchObject({ ok: true });
  expect(heard).toEqual(['app_mention']);
});
