import { describe, expect, test } from 'vitest';
import { APPROVER, INCIDENTS, openSandbox, plain, REQUESTER, section } from '../helpers/sandbox-scene.ts';

describe('the Web API', () => {
  test('checks tokens by kind', async () => {
    const { sandbox, api } = await openSandbox();
    const errorWith = async (method: string, token: string) => (await api(method, {}, token)).json.error;
    expect(await errorWith('auth.test', '')).toBe('not_authed');
    expect(await errorWith('auth.test', 'xoxb-wrong')).toBe('invalid_auth');
    expect(await errorWith('auth.test', sandbox.appToken)).toBe('not_allowed_token_type');
    expect(await errorWith('apps.connections.open', sandbox.botToken)).toBe('not_allowed_token_type');
  });

  test('refuses invalid blocks with the place and the reason', async () => {
    const { person, api } = await openSandbox();
    const post = async (blocks: unknown) =>
      (await api('chat.postMessage', { channel: INCIDENTS, text: 'x', blocks })).json;
    expect(await post([section('x'.repeat(3001))])).toMatchObject({
      ok: false,
      error: 'invalid_blocks',
      response_metadata: {
        messages: [
          '[ERROR] failed to match all allowed schemas [json-pointer:/blocks/0/text]',
          '[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
        ],
      },
    });
    expect((await post(Array.from({ length: 51 }, () => ({ type: 'divider' })))).errors).toEqual([
      'no more than 50 items allowed [json-pointer:/blocks]',
    ]);
    expect((await post([{ type: 'section', text: plain('x'), color: 'red' }])).errors).toEqual([
      'invalid additional property: color [json-pointer:/blocks/0]',
    ]);
    expect(await post(Array.from({ length: 5 }, () => section('x'.repeat(2900))))).toEqual({
      ok: false,
      error: 'msg_blocks_too_long',
    });
    expect(await post('{')).toMatchObject({ error: 'invalid_blocks_format' });
    expect(await person.messages(INCIDENTS)).toEqual([]);
  });

  test('answers 429 with Retry-After in whole seconds when a channel is written to too fast', async () => {
    const { person, api } = await openSandbox({ rateLimits: true });
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await api('chat.postMessage', { channel: INCIDENTS, text: 'x' }));
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[5]!.response.headers.get('retry-after')).toBe('1');
    expect(answers[5]!.json).toEqual({ ok: false, error: 'ratelimited' });
    expect((await api('chat.postMessage', { channel: 'C0OPS', text: 'x' })).response.status, 'another channel').toBe(
      200,
    );
    expect(await person.state()).toMatchObject({ counts: { 'chat.postMessage': { calls: 7, limited: 1 } } });
  });

  test('keeps threads, metadata and files', async () => {
    const { connect } = await openSandbox();
    const { app } = await connect();
    const { client } = app;
    const metadata = { event_type: 'run', event_payload: { id: 41 } };
    const parent = await client.chat.postMessage({ channel: '#incidents', text: 'run', metadata });
    await client.chat.postMessage({ channel: INCIDENTS, text: 'step', thread_ts: parent.ts! });
    await client.filesUploadV2({
      channel_id: INCIDENTS,
      thread_ts: parent.ts!,
      filename: 'out.txt',
      file: Buffer.from('output'),
      title: 'Output',
    });
    const link = await client.chat.getPermalink({ channel: INCIDENTS, message_ts: parent.ts! });
    expect(link.permalink).toMatch(new RegExp(`/archives/${INCIDENTS}/p${parent.ts!.replace('.', '')}$`));
    const thread = await client.conversations.replies({
      channel: INCIDENTS,
      ts: parent.ts!,
      include_all_metadata: true,
    });
    expect(thread.messages).toMatchObject([
      { text: 'run', reply_count: 2, metadata },
      { text: 'step' },
      { files: [{ title: 'Output', size: 6 }] },
    ]);
    const history = await client.conversations.history({ channel: INCIDENTS });
    expect(history.messages).toHaveLength(1);
    expect(history.messages?.[0], 'metadata is for those who ask').not.toHaveProperty('metadata');
  });

  test('writes direct messages and ephemerals to one member', async () => {
    const { person, connect } = await openSandbox({ scopes: ['chat:write', 'im:write', 'users:read'] });
    const { client } = (await connect()).app;
    const direct = await client.conversations.open({ users: APPROVER });
    await client.chat.postMessage({ channel: APPROVER, text: 'please look' });
    expect(await person.messages(direct.channel!.id!, APPROVER)).toMatchObject([{ text: 'please look' }]);
    await client.chat.postEphemeral({ channel: INCIDENTS, user: APPROVER, text: 'psst' });
    expect(await person.messages(INCIDENTS, REQUESTER)).toEqual([]);
    expect(await person.messages(INCIDENTS, APPROVER)).toMatchObject([{ text: 'psst', is_ephemeral: true }]);
    const { user } = await client.users.info({ user: 'U0GUEST' });
    expect(user).toMatchObject({ name: 'guest', is_restricted: true });
  });

  test('carries a call out before it breaks the connection, when told to', async () => {
    const { person, api } = await openSandbox();
    await person.act('fault', { dropAnswers: 1 });
    await expect(api('chat.postMessage', { channel: INCIDENTS, text: 'once' })).rejects.toThrow();
    expect(await person.messages(INCIDENTS)).toMatchObject([{ text: 'once' }]);
  });
});
