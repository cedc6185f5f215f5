import { describe, expect, test } from 'vitest';
import { type ApiJson, openSandbox, REQUESTER } from '../helpers/sandbox-scene.ts';

const MEMBERS = [
  { id: REQUESTER, name: 'requester', realName: 'On-call engineer' },
  { id: 'U0GUEST1', name: 'lodger', realName: 'Guest of one channel', isUltraRestricted: true },
  { id: 'U0GUEST2', name: 'guest', realName: 'Guest', isRestricted: true },
  { id: 'U0GONE', name: 'former', realName: 'Left last year', isDeleted: true },
  { id: 'U0ROBOT', name: 'robot', realName: 'Another app', isBot: true },
  { id: 'U0PARTNER', name: 'partner', realName: 'Partner', isStranger: true, teamId: 'T0PARTNER' },
  { id: 'U0SISTER', name: 'sister', realName: 'Of our other workspace', teamId: 'T0SISTER' },
];

const CHANNELS = [
  { id: 'C0OPEN', name: 'open' },
  { id: 'C0ELSEWHERE', name: 'elsewhere', withoutBot: true },
  { id: 'C0OLD', name: 'old', isArchived: true },
  { id: 'C0SHARED', name: 'shared', isExtShared: true },
  { id: 'G0SECRET', name: 'secret', isPrivate: true, members: ['U0GUEST2'] },
  { id: 'G0HIDDEN', name: 'hidden', isPrivate: true, withoutBot: true },
];

const SCOPES = ['chat:write', 'users:read', 'im:write', 'channels:read', 'groups:read', 'im:read', 'channels:history'];

function openWorkspace() {
  const directs = [{ id: 'D0PAIR', between: ['U0GUEST2', REQUESTER] as const }];
  return openSandbox({ members: MEMBERS, channels: CHANNELS, directs, scopes: SCOPES });
}

type Answer = ApiJson & {
  readonly user: Record<string, unknown>;
  readonly channel: Record<string, unknown>;
  readonly channels: readonly { readonly id: string }[];
  readonly members: readonly string[];
  readonly messages: readonly { readonly text: string }[];
  readonly response_metadata: { readonly next_cursor: string };
};

describe('a workspace', () => {
  test('tells every kind of member apart in users.info and in what they do', async () => {
    const { person, api, connect } = await openWorkspace();
    const user = async (id: string) => ((await api('users.info', { user: id })).json as Answer).user;
    expect(await user('U0GUEST1')).toMatchObject({ is_restricted: true, is_ultra_restricted: true });
    expect(await user('U0GUEST2')).toMatchObject({ is_restricted: true, is_ultra_restricted: false });
    expect(await user('U0GONE')).toMatchObject({ deleted: true });
    expect(await user('U0ROBOT')).toMatchObject({ is_bot: true });
    expect(await user('U0PARTNER')).toMatchObject({ is_stranger: true, team_id: 'T0PARTNER' });
    expect(await user('U0SISTER')).toMatchObject({ is_stranger: false, team_id: 'T0SISTER' });
    const teams: unknown[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        teams.push(body.team_id);
        await ack();
      });
    });
    await person.command('U0SISTER', 'C0OPEN', '/runbook');
    expect(teams).toEqual(['T0SISTER']);
    expect((await person.state())['members']).toMatchObject([
      { kind: 'member' },
      { kind: 'guest of one channel' },
      { kind: 'guest' },
      { kind: 'deactivated' },
      { kind: 'bot' },
      { kind: 'from another organisation' },
      { kind: 'from another workspace' },
    ]);
  });

  test('lets the bot write where it is, and names why not elsewhere', async () => {
    const { api } = await openWorkspace();
    const post = async (channel: string) => (await api('chat.postMessage', { channel, text: 'x' })).json.error;
    expect(await post('C0OPEN')).toBeUndefined();
    expect(await post('C0ELSEWHERE')).toBe('not_in_channel');
    expect(await post('C0OLD')).toBe('is_archived');
    expect(await post('G0SECRET')).toBeUndefined();
    expect(await post('G0HIDDEN')).toBe('channel_not_found');
    expect(await post('D0PAIR')).toBe('channel_not_found');
    const open = async (users: string) => (await api('conversations.open', { users })).json.error;
    expect([await open('U0GONE'), await open('U0ROBOT'), await open(REQUESTER)]).toEqual([
      'user_disabled',
      'cannot_dm_bot',
      undefined,
    ]);
    const whisper = { channel: 'G0SECRET', user: REQUESTER, text: 'x' };
    expect((await api('chat.postEphemeral', whisper)).json.error).toBe('user_not_in_channel');
    expect((await api('conversations.history', { channel: 'C0ELSEWHERE' })).json.error).toBe('not_in_channel');
  });

  test('says of channels what they are, and lists what the bot may know of', async () => {
    const { api } = await openWorkspace();
    const info = async (channel: string) => ((await api('conversations.info', { channel })).json as Answer).channel;
    expect(await info('C0SHARED')).toMatchObject({ is_ext_shared: true, is_shared: true, is_private: false });
    expect(await info('C0ELSEWHERE')).toMatchObject({ is_member: false });
    expect(await info('G0SECRET')).toMatchObject({ is_private: true, is_channel: false });
    const list = async (body: object) =>
      ((await api('conversations.list', body)).json as Answer).channels.map(({ id }) => id);
    expect(await list({ exclude_archived: true })).toEqual(['C0OPEN', 'C0ELSEWHERE', 'C0SHARED']);
    expect(await list({ types: 'private_channel' })).toEqual(['G0SECRET']);
    expect(((await api('conversations.members', { channel: 'G0SECRET' })).json as Answer).members).toEqual([
      'U0GUEST2',
      'U0BOT',
    ]);
  });

  test('shows people only the places that they are in', async () => {
    const { person } = await openWorkspace();
    const say = (channel: string) => person.act('message', { user: REQUESTER, channel, text: 'x' });
    expect(await say('G0SECRET')).toEqual({ ok: false, error: 'unknown_channel' });
    expect(await say('C0OLD')).toEqual({ ok: false, error: 'is_archived' });
    expect((await say('D0PAIR')).ts).toMatch(/^\d+\.\d{6}$/);
  });

  test('is read page by page', async () => {
    const { api } = await openWorkspace();
    for (const text of ['one', 'two', 'three']) await api('chat.postMessage', { channel: 'C0OPEN', text });
    const page = async (cursor?: string) =>
      (await api('conversations.history', { channel: 'C0OPEN', limit: 2, cursor })).json as Answer;
    const first = await page();
    expect(first.messages.map(({ text }) => text)).toEqual(['three', 'two']);
    const second = await page(first.response_metadata.next_cursor);
    expect(second).toMatchObject({
      has_more: false,
      messages: [{ text: 'one' }],
      response_metadata: { next_cursor: '' },
    });
    expect((await page('nonsense')).error).toBe('invalid_cursor');
    const users = (await api('users.list', { limit: 3 })).json as Answer;
    expect([users.members.length, users.response_metadata.next_cursor !== '']).toEqual([3, true]);
  });
});
