import { WebSocket } from 'ws';
import { createFastClock } from '../helpers/fast-clock.ts';
import { describe, expect, test } from 'vitest';
import { INCIDENTS, openSandbox, REQUESTER } from '../helpers/sandbox-scene.ts';

describe('sockets', () => {
  test('each envelope goes to one socket alone, in turn', async () => {
    const { sandbox, person, api } = await openSandbox();
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
    const { person, connect } = await openSandbox();
    await connect((app) => {
      app.command('/runbook', ({ ack }) => ack());
    });
    expect(await person.act('disconnect', { reason: 'refresh_requested' })).toMatchObject({ ok: true, told: 1 });
    expect(await person.state()).toMatchObject({ sockets: 1 });
    for (let n = 0; n < 4; n++)
      expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toMatchObject({ ok: true });
  });

  test('a ticket opens one socket, once', async () => {
    const { sandbox, api } = await openSandbox();
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
    const { sandbox, person, api } = await openSandbox();
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
    const { person, connect } = await openSandbox();
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

  test('an event that nobody acks comes three times more: at once, after a minute and after five', async () => {
    const clock = createFastClock(400);
    const { sandbox, person, api } = await openSandbox({ clock });
    const { json } = await api('apps.connections.open', {}, sandbox.appToken);
    const socket = new WebSocket(json.url ?? '');
    await new Promise((resolve) => socket.once('message', resolve));
    const heard: { attempt: number; minute: number }[] = [];
    const startMs = clock.monotonicMs();
    socket.on('message', (data) => {
      const { type, retry_attempt: attempt } = JSON.parse(String(data)) as { type: string; retry_attempt: number };
      const minute = Math.round((clock.monotonicMs() - startMs) / 60_000);
      if (type === 'events_api') heard.push({ attempt, minute });
    });
    await person.act('open-home', { user: REQUESTER });
    await expect.poll(() => heard.length, { timeout: 8000 }).toBe(4);
    expect(heard.map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3]);
    expect(heard[2]!.minute).toBeGreaterThanOrEqual(1);
    expect(heard[3]!.minute).toBeGreaterThanOrEqual(6);
  });

  test('an event whose ack is lost comes again with its number and reason', async () => {
    const { person, connect } = await openSandbox({ events: ['message'] });
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
