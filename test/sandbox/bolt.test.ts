import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { startTestApp, type TestApp } from '../helpers/bolt.ts';
import { type SandboxClient, type SeenMessage, sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';

const REQUESTER = 'U0REQUESTER';
const APPROVER = 'U0APPROVER';
const INCIDENTS = 'C0INCIDENTS';
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const goButton = {
  type: 'actions' as const,
  elements: [{ type: 'button' as const, action_id: 'go', value: 'p-1', text: plain('Go') }],
};
const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });

let sandbox: Sandbox;
let person: SandboxClient;
let bot: TestApp | undefined;

beforeEach(async () => {
  sandbox = await startTestSandbox();
  person = sandboxClient(sandbox);
});

afterEach(async () => {
  await bot?.[Symbol.asyncDispose]();
  bot = undefined;
  await sandbox.stop();
});

async function connect(listen: Parameters<typeof startTestApp>[1]): Promise<TestApp> {
  bot = await startTestApp(sandbox, listen);
  return bot;
}

/** The first message of a channel that a member sees and that passes. */
async function waitForMessage(
  channel: string,
  user: string,
  passes: (message: SeenMessage) => boolean,
): Promise<SeenMessage> {
  let found: SeenMessage | undefined;
  await expect
    .poll(async () => {
      found = (await person.messages(channel, user)).find(passes);
      return found !== undefined;
    })
    .toBe(true);
  return found!;
}

/** The parts of an answer that these tests look at. */
interface ApiJson {
  readonly ok: boolean;
  readonly error?: string;
  readonly errors?: readonly string[];
  readonly url?: string;
}

async function api(
  method: string,
  body: object,
  token = sandbox.botToken,
): Promise<{ response: Response; json: ApiJson }> {
  const response = await fetch(sandbox.slackApiUrl + method, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { response, json: (await response.json()) as ApiJson };
}

describe('a command', () => {
  test('is acked, and its message is posted and updated in place', async () => {
    await connect((app) => {
      app.command('/runbook', async ({ ack, client, body }) => {
        await ack();
        const posted = await client.chat.postMessage({
          channel: body.channel_id,
          text: 'running',
          blocks: [section('running')],
        });
        await client.chat.update({ channel: body.channel_id, ts: posted.ts!, text: `done: ${body.text}` });
      });
    });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook run time-wait on @web')).toMatchObject({ ok: true });
    const done = await waitForMessage(INCIDENTS, APPROVER, ({ text }) => text.startsWith('done'));
    expect(done.text).toBe('done: run time-wait on @web');
    expect(done.blocks, 'an update without blocks keeps them').toMatchObject([{ text: { text: 'running' } }]);
    expect(await person.messages(INCIDENTS)).toHaveLength(1);
  });

  test('turns names of members into mentions and leaves other @ words alone', async () => {
    const texts: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        texts.push(body.text);
        await ack();
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook ask @approver on @web in #ops <b>');
    expect(texts).toEqual(['ask <@U0APPROVER|approver> on @web in <#C0OPS|ops> <b>']);
  });

  test('may be answered with its ack, for the person alone or for the channel', async () => {
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        await ack(body.text === 'loud' ? { response_type: 'in_channel', text: 'heard' } : 'just you');
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await person.command(REQUESTER, INCIDENTS, '/runbook loud');
    const texts = (messages: readonly SeenMessage[]) => messages.map(({ text }) => text);
    expect(texts(await person.messages(INCIDENTS, REQUESTER))).toEqual(['just you', 'heard']);
    expect(texts(await person.messages(INCIDENTS, APPROVER))).toEqual(['heard']);
  });

  test('that nobody acks within 3 s fails with operation_timeout, seen by the person alone', async () => {
    await connect((app) => {
      app.command('/runbook', async () => {});
    });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toEqual({ ok: false, error: 'operation_timeout' });
    const seen = await person.messages(INCIDENTS, REQUESTER);
    expect(seen).toMatchObject([
      { user: 'USLACKBOT', is_ephemeral: true, text: '/runbook failed with the error “operation_timeout”' },
    ]);
    expect(await person.messages(INCIDENTS, APPROVER)).toEqual([]);
  });

  test('fails with dispatch_failed while the bot is not connected, and is unknown under another name', async () => {
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toEqual({ ok: false, error: 'dispatch_failed' });
    expect(await person.command(REQUESTER, INCIDENTS, '/other')).toEqual({ ok: false, error: 'unknown_command' });
  });
});

describe('a click', () => {
  test('carries the message, the person and the value, and may replace the message', async () => {
    const bodies: unknown[] = [];
    const { app } = await connect((listening) => {
      listening.action('go', async ({ ack, body, respond }) => {
        bodies.push(body);
        await ack();
        await respond({ text: 'gone', replace_original: true });
      });
    });
    await app.client.chat.postMessage({ channel: INCIDENTS, text: 'x', blocks: [goButton] });
    const [posted] = await person.messages(INCIDENTS);
    expect(await person.click(APPROVER, posted!, 'go')).toMatchObject({ ok: true });
    await waitForMessage(INCIDENTS, APPROVER, ({ text }) => text === 'gone');
    expect(bodies).toMatchObject([
      {
        type: 'block_actions',
        user: { id: APPROVER, team_id: 'T0SANDBOX' },
        channel: { id: INCIDENTS, name: 'incidents' },
        container: { type: 'message', message_ts: posted!.ts, is_ephemeral: false },
        message: { ts: posted!.ts, text: 'x' },
        actions: [{ type: 'button', action_id: 'go', value: 'p-1', text: plain('Go') }],
      },
    ]);
    expect(await person.messages(INCIDENTS)).toMatchObject([{ ts: posted!.ts, text: 'gone', blocks: [] }]);
  });

  test('on an element that is not there is refused', async () => {
    const { app } = await connect(() => {});
    await app.client.chat.postMessage({ channel: INCIDENTS, text: 'x', blocks: [goButton] });
    const [posted] = await person.messages(INCIDENTS);
    expect(await person.click(APPROVER, posted!, 'stay')).toEqual({ ok: false, error: 'unknown_action' });
  });

  test('that is not acked tells the person, and a select carries its option', async () => {
    const values: unknown[] = [];
    const { app } = await connect((listening) => {
      listening.action('go', async () => {});
      listening.action('host', async ({ ack, action }) => {
        values.push('selected_option' in action ? action.selected_option : undefined);
        await ack();
      });
    });
    const option = { text: plain('web-1'), value: 'web-1' };
    const select = {
      type: 'actions' as const,
      elements: [{ type: 'static_select' as const, action_id: 'host', options: [option] }],
    };
    await app.client.chat.postMessage({ channel: INCIDENTS, text: 'x', blocks: [goButton, select] });
    const [posted] = await person.messages(INCIDENTS);
    const place = { user: APPROVER, channel: INCIDENTS, message_ts: posted!.ts };
    expect(await person.act('interact', { ...place, action_id: 'host', value: 'web-1' })).toMatchObject({ ok: true });
    expect(values).toEqual([option]);
    expect(await person.act('interact', { ...place, action_id: 'go' })).toEqual({
      ok: false,
      error: 'operation_timeout',
    });
  });
});

test('a response_url answers five times, then no more, and only one member sees it unless told otherwise', async () => {
  const failures: string[] = [];
  await connect((app) => {
    app.command('/runbook', async ({ ack, respond }) => {
      await ack();
      for (let n = 1; n <= 6; n++) {
        await respond({ text: `answer ${n}`, response_type: n === 5 ? 'in_channel' : 'ephemeral' }).catch(
          (error: Error) => {
            failures.push(error.message);
          },
        );
      }
    });
  });
  await person.command(REQUESTER, INCIDENTS, '/runbook');
  await expect.poll(() => failures.length).toBe(1);
  expect(await person.messages(INCIDENTS, REQUESTER)).toHaveLength(5);
  expect(await person.messages(INCIDENTS, APPROVER)).toMatchObject([{ text: 'answer 5', is_ephemeral: false }]);
});

test('a response_url works for thirty minutes', async () => {
  let late = 0;
  await sandbox.stop();
  sandbox = await startTestSandbox({ clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + late } });
  person = sandboxClient(sandbox);
  let url = '';
  await connect((app) => {
    app.command('/runbook', async ({ ack, body }) => {
      url = body.response_url;
      await ack();
    });
  });
  await person.command(REQUESTER, INCIDENTS, '/runbook');
  const statusAfter = async (minutes: number): Promise<number> => {
    late = minutes * 60_000;
    return (await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'x' }) })).status;
  };
  expect(await statusAfter(29)).toBe(200);
  expect(await statusAfter(31)).toBe(404);
});

describe('a modal', () => {
  const view = {
    type: 'modal' as const,
    callback_id: 'pick',
    title: plain('Pick'),
    submit: plain('Run'),
    private_metadata: 'kept',
    blocks: [
      {
        type: 'input' as const,
        block_id: 'hosts',
        label: plain('Hosts'),
        element: { type: 'plain_text_input' as const, action_id: 'v' },
      },
      {
        type: 'input' as const,
        block_id: 'runbook',
        label: plain('Runbook'),
        element: {
          type: 'static_select' as const,
          action_id: 'v',
          options: [{ text: plain('A'), value: 'a' }],
          initial_option: { text: plain('A'), value: 'a' },
        },
      },
    ],
  };

  test('opens for the person alone, shows errors from the ack, and closes when the bot is content', async () => {
    const submitted: unknown[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, client, body }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view });
      });
      app.view('pick', async ({ ack, view: sent }) => {
        submitted.push(sent);
        const known = sent.state.values['hosts']?.['v']?.value === '@web';
        await (known ? ack() : ack({ response_action: 'errors', errors: { hosts: 'No such host.' } }));
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await expect.poll(() => person.modal(REQUESTER)).toMatchObject({ callback_id: 'pick' });
    expect(await person.modal(APPROVER)).toBeNull();
    const submit = (hosts: string) => person.act('view-submit', { user: REQUESTER, values: { hosts: { v: hosts } } });
    expect(await submit('')).toMatchObject({ ok: false, errors: { hosts: 'Please complete this required field.' } });
    expect(submitted, 'an incomplete modal is not sent').toEqual([]);
    expect(await submit('nope')).toMatchObject({ ok: false, errors: { hosts: 'No such host.' } });
    expect(await submit('@web')).toMatchObject({ ok: true });
    expect(await person.modal(REQUESTER)).toBeNull();
    expect(submitted[1]).toMatchObject({
      private_metadata: 'kept',
      state: {
        values: {
          hosts: { v: { type: 'plain_text_input', value: '@web' } },
          runbook: { v: { type: 'static_select', selected_option: { value: 'a' } } },
        },
      },
    });
  });

  test('may be updated and pushed by an ack, keeps what was typed, and goes back when it is closed', async () => {
    await connect((app) => {
      app.command('/runbook', async ({ ack, client, body }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view });
      });
      app.view('pick', ({ ack }) =>
        ack({ response_action: 'push', view: { ...view, callback_id: 'second', title: plain('Second') } }),
      );
      app.view('second', ({ ack }) => ack({ response_action: 'update', view: { ...view, callback_id: 'third' } }));
      app.view('third', ({ ack }) => ack({ response_action: 'clear' }));
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await expect.poll(() => person.modal(REQUESTER)).not.toBeNull();
    const submit = () => person.act('view-submit', { user: REQUESTER, values: { hosts: { v: 'x' } } });
    await submit();
    expect(await person.modal(REQUESTER)).toMatchObject({ callback_id: 'second' });
    await submit();
    expect(await person.modal(REQUESTER)).toMatchObject({
      callback_id: 'third',
      state: { values: { hosts: { v: { value: 'x' } } } },
    });
    await person.act('view-close', { user: REQUESTER });
    expect(await person.modal(REQUESTER)).toMatchObject({ callback_id: 'pick' });
  });

  test('is refused with a trigger that is too old, used, or invented', async () => {
    let late = 0;
    await sandbox.stop();
    sandbox = await startTestSandbox({
      clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + late },
    });
    person = sandboxClient(sandbox);
    const triggers: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        triggers.push(body.trigger_id);
        await ack();
      });
    });
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    await person.command(REQUESTER, INCIDENTS, '/runbook');
    const open = async (trigger_id: string) => (await api('views.open', { trigger_id, view })).json;
    expect(await open(triggers[0]!)).toMatchObject({ ok: true });
    expect(await open(triggers[0]!)).toMatchObject({ ok: false, error: 'exchanged_trigger_id' });
    late = 3100;
    expect(await open(triggers[1]!)).toMatchObject({ ok: false, error: 'expired_trigger_id' });
    expect(await open('1.2.3')).toMatchObject({ ok: false, error: 'invalid_trigger_id' });
  });

  test('with an old hash is not updated', async () => {
    const { app } = await connect(() => {});
    const home = { type: 'home' as const, blocks: [section('one')] };
    const first = await app.client.views.publish({ user_id: REQUESTER, view: home });
    await app.client.views.update({ view_id: first.view!.id!, view: home });
    const stale = await api('views.update', { view_id: first.view!.id, hash: first.view!.hash, view: home });
    expect(stale.json).toMatchObject({ ok: false, error: 'hash_conflict' });
  });
});

describe('sockets', () => {
  test('each envelope goes to one socket alone, in turn', async () => {
    const heard = [0, 0];
    for (const index of heard.keys()) {
      const { json } = await api('apps.connections.open', {}, sandbox.appToken);
      const socket = new WebSocket(json.url ?? '');
      await new Promise((resolve) => socket.once('message', resolve));
      socket.on('message', (data) => {
        heard[index]! += 1;
        const { envelope_id } = JSON.parse(String(data)) as { envelope_id: string };
        socket.send(JSON.stringify({ envelope_id, payload: {} }));
      });
    }
    for (let n = 0; n < 4; n++)
      expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toMatchObject({ ok: true });
    expect(heard).toEqual([2, 2]);
  });

  test('a disconnect of one socket loses nothing while there is another', async () => {
    await connect((app) => {
      app.command('/runbook', ({ ack }) => ack());
    });
    expect(await person.act('disconnect', { reason: 'refresh_requested' })).toMatchObject({ ok: true, told: 1 });
    expect(await person.state()).toMatchObject({ sockets: 1 });
    for (let n = 0; n < 4; n++)
      expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toMatchObject({ ok: true });
  });

  test('a ticket opens one socket, once', async () => {
    const { json } = await api('apps.connections.open', {}, sandbox.appToken);
    const open = () =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(json.url ?? '');
        socket.addEventListener('message', (event) => {
          socket.close();
          resolve(String(event.data));
        });
        socket.addEventListener('error', () => resolve('refused'));
      });
    expect(JSON.parse(await open())).toMatchObject({
      type: 'hello',
      num_connections: 1,
      connection_info: { app_id: 'A0SANDBOX' },
    });
    expect(await open()).toBe('refused');
  });

  test('the eleventh is told that it is one too many', async () => {
    const open = async (): Promise<unknown> => {
      const { json } = await api('apps.connections.open', {}, sandbox.appToken);
      const socket = new WebSocket(json.url ?? '');
      return new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
    };
    for (let n = 1; n <= 10; n++) expect(await open()).toMatchObject({ type: 'hello', num_connections: n });
    expect(await open()).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
    expect(await person.state()).toMatchObject({ sockets: 10 });
  });

  test('an envelope that is delivered twice keeps its id, and one ack is enough', async () => {
    const ids: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        ids.push(body.trigger_id);
        await ack();
      });
    });
    await person.act('fault', { duplicates: 1 });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toMatchObject({ ok: true });
    await expect.poll(() => ids.length).toBe(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('an event whose ack is lost comes again with its number and reason', async () => {
    const numbers: unknown[] = [];
    await connect((app) => {
      app.message(async ({ context }) => {
        numbers.push([context.retryNum, context.retryReason]);
      });
    });
    await person.act('fault', { dropAcks: 1 });
    expect(await person.act('message', { user: REQUESTER, channel: INCIDENTS, text: 'hi' })).toMatchObject({
      error: 'operation_timeout',
    });
    await expect
      .poll(() => numbers)
      .toEqual([
        [0, ''],
        [1, 'timeout'],
      ]);
  });
});

describe('the Web API', () => {
  test('checks tokens by kind', async () => {
    const errorWith = async (method: string, token: string) => (await api(method, {}, token)).json.error;
    expect(await errorWith('auth.test', '')).toBe('not_authed');
    expect(await errorWith('auth.test', 'xoxb-wrong')).toBe('invalid_auth');
    expect(await errorWith('auth.test', sandbox.appToken)).toBe('not_allowed_token_type');
    expect(await errorWith('apps.connections.open', sandbox.botToken)).toBe('not_allowed_token_type');
  });

  test('refuses invalid blocks with the place and the reason', async () => {
    const post = async (blocks: unknown) =>
      (await api('chat.postMessage', { channel: INCIDENTS, text: 'x', blocks })).json;
    expect(await post([section('x'.repeat(3001))])).toMatchObject({
      ok: false,
      error: 'invalid_blocks',
      response_metadata: { messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'] },
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
    await sandbox.stop();
    sandbox = await startTestSandbox({ rateLimits: true });
    person = sandboxClient(sandbox);
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
    const { app } = await connect(() => {});
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
    const thread = await client.conversations.replies({ channel: INCIDENTS, ts: parent.ts! });
    expect(thread.messages).toMatchObject([
      { text: 'run', reply_count: 2, metadata },
      { text: 'step' },
      { files: [{ title: 'Output', size: 6 }] },
    ]);
    const history = await client.conversations.history({ channel: INCIDENTS });
    expect(history.messages).toHaveLength(1);
  });

  test('writes direct messages and ephemerals to one member', async () => {
    const { client } = (await connect(() => {})).app;
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
    await person.act('fault', { dropAnswers: 1 });
    await expect(api('chat.postMessage', { channel: INCIDENTS, text: 'once' })).rejects.toThrow();
    expect(await person.messages(INCIDENTS)).toMatchObject([{ text: 'once' }]);
  });
});
