import { createServer } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asPersonName } from '../../src/base/ids.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Person } from '../../src/engine/ports.ts';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { DEFAULT_MEMBERS } from '../../src/sandbox/workspace/directory.ts';
import { BOT_SCOPES } from '../../src/slack/manifest.ts';
import { checkSlackApp, type SelfCheckDeps } from '../../src/slack/self-check.ts';
import { sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';
import { freePort } from '../helpers/slack-places.ts';

const ALL_SCOPES = BOT_SCOPES.map(({ name }) => name);

function person(name: string, slackUserId: string | undefined): Person {
  return { name: asPersonName(name), slackUserId, unixUser: undefined, roles: ['run'] };
}

/** What a look at a sandbox finds, by what was looked at. */
async function look(how: { readonly sandbox?: Partial<SandboxOptions>; readonly deps?: Partial<SelfCheckDeps> } = {}) {
  const sandbox = await startTestSandbox({ scopes: ALL_SCOPES, ...how.sandbox });
  onTestFinished(() => sandbox.stop());
  const deps: SelfCheckDeps = {
    mode: 'socket',
    botToken: new Secret(sandbox.botToken),
    appToken: new Secret(sandbox.appToken),
    signingSecret: undefined,
    listen: { host: '127.0.0.1', port: 3000 },
    apiUrl: sandbox.slackApiUrl,
    command: '/runbook',
    teams: undefined,
    people: [person('ada', 'U0REQUESTER'), person('bob', undefined)],
    groups: ['S0APPROVERS'],
    breakGlassChannel: 'C0INCIDENTS',
    ...how.deps,
  };
  const items = await checkSlackApp(deps);
  const states = Object.fromEntries(items.map(({ what, state }) => [what, state]));
  const words = (what: string): string => items.find((item) => item.what === what)?.words ?? '';
  return { sandbox, items, states, words };
}

describe('looking at a real workspace', () => {
  it('finds nothing missing where all is there, opens no socket, and says what only people can see', async () => {
    const { sandbox, items, states, words } = await look();
    expect(states).toEqual({
      'bot token': 'ok',
      'app-level token': 'ok',
      bot: 'ok',
      scopes: 'ok',
      'person ada': 'ok',
      'user group S0APPROVERS': 'ok',
      'channel C0INCIDENTS for broken glass': 'ok',
      'Socket Mode': 'ok',
      'slash command': 'unknown',
      'interactivity and App Home': 'unknown',
    });
    expect(words('bot')).toMatch(/^@countersign \(\w+\) in the workspace sandbox \(T0SANDBOX\)$/);
    expect(await sandboxClient(sandbox).state()).toMatchObject({ sockets: 0 });
    const shown = JSON.stringify(items);
    expect([shown.includes(sandbox.botToken), shown.includes(sandbox.appToken)]).toEqual([false, false]);
  });

  it('tells everything that is missing in one go', async () => {
    const members = [...DEFAULT_MEMBERS, { id: 'U0GONE', name: 'gone', realName: 'Gone', isDeleted: true }];
    const { states, words, items } = await look({
      sandbox: { members, scopes: ['commands', 'chat:write', 'users:read', 'channels:read', 'channels:history'] },
      deps: {
        appToken: new Secret('xapp-1-other'),
        teams: ['T0OTHER'],
        people: [person('gus', 'U0GUEST'), person('old', 'U0GONE'), person('typo', 'U0NOBODY')],
        breakGlassChannel: 'C0NOWHERE',
      },
    });
    expect(states).toMatchObject({
      workspace: 'missing',
      'scope files:write': 'missing',
      'scope groups:read': 'missing',
      'scope usergroups:read': 'missing',
      'scope im:write': 'absent',
      'scope groups:history': 'absent',
      'person gus': 'missing',
      'person old': 'missing',
      'person typo': 'missing',
      'user group S0APPROVERS': 'missing',
      'channel C0NOWHERE for broken glass': 'missing',
      'Socket Mode': 'missing',
    });
    expect(words('scope files:write')).toBe(
      'it was not granted. Evidence, raw output and long plans are not attached.',
    );
    expect(words('person gus')).toContain('a guest');
    expect(words('person old')).toContain('deactivated');
    expect(words('person typo')).toContain('user_not_found');
    expect(words('Socket Mode')).toContain('invalid_auth');
    for (const item of items) if (item.state === 'missing') expect(item.hint).toMatch(/\.$/);
  });

  it('recognises swapped tokens without asking with them for more', async () => {
    const { states, items } = await look({
      deps: { botToken: new Secret('xapp-1-a'), appToken: new Secret('xoxb-1-b') },
    });
    expect(states).toMatchObject({ 'bot token': 'missing', 'app-level token': 'missing', bot: 'missing' });
    expect(items.filter(({ hint }) => hint === 'The two tokens are swapped: exchange them.')).toHaveLength(2);
  });

  it('says what is not set, and that nobody is named', async () => {
    const none = { botToken: undefined, appToken: undefined };
    expect((await look({ deps: none })).states).toEqual({
      'bot token': 'missing',
      'app-level token': 'missing',
      'scopes, people, groups, channels': 'unknown',
      'slash command': 'unknown',
      'interactivity and App Home': 'unknown',
    });
    expect((await look({ deps: { people: [person('bob', undefined)] } })).states).toMatchObject({ people: 'missing' });
  });

  it('in HTTP mode looks for the signing secret and for who listens at the address', async () => {
    const http = { mode: 'http', appToken: undefined, signingSecret: new Secret('0123abcd') } as const;
    const listen = { host: '127.0.0.1', port: await freePort() };
    const free = await look({ deps: { ...http, listen } });
    expect(free.states).toMatchObject({ 'signing secret': 'ok', requests: 'ok' });
    expect(free.states).not.toHaveProperty('app-level token');
    const answering = async (status: number) => {
      const server = createServer((_request, response) => response.writeHead(status).end());
      server.listen(listen.port, '127.0.0.1');
      await once(server, 'listening');
      const { states, words } = await look({ deps: { ...http, listen, signingSecret: undefined } });
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      return [states['signing secret'], states['requests'], words('requests')];
    };
    expect(await answering(401)).toEqual(['missing', 'ok', `the bot takes requests at 127.0.0.1:${listen.port}`]);
    expect(await answering(404)).toEqual(['missing', 'missing', expect.stringContaining('EADDRINUSE')]);
  });
});
