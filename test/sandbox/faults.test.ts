import { WebSocket } from 'ws';
import { describe, expect, test } from 'vitest';
import { createChanges } from '../../src/sandbox/changes.ts';
import { createFaults } from '../../src/sandbox/faults.ts';
import { createFastClock } from '../helpers/fast-clock.ts';
import { INCIDENTS, openSandbox, REQUESTER } from '../helpers/sandbox-scene.ts';

describe('faults', () => {
  test('an envelope that is lost never reaches the bot, and the person is told after 3 s', async () => {
    const { person, connect } = await openSandbox({ clock: createFastClock(6) });
    const texts: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        texts.push(body.text);
        await ack();
      });
    });
    await person.act('fault', { dropDeliveries: 1 });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook lost')).toEqual({
      ok: false,
      error: 'operation_timeout',
    });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook heard')).toMatchObject({ ok: true });
    expect(texts).toEqual(['heard']);
    expect(await person.state()).toMatchObject({ happened: { lost: 1 }, faults: { dropDeliveries: 0 } });
  });

  test('an envelope that is late is refused in time and arrives all the same', async () => {
    const { person, connect } = await openSandbox({ clock: createFastClock(6) });
    const texts: string[] = [];
    await connect((app) => {
      app.command('/runbook', async ({ ack, body }) => {
        texts.push(body.text);
        await ack();
      });
    });
    await person.act('fault', { delayMs: 9000 });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook late')).toEqual({
      ok: false,
      error: 'operation_timeout',
    });
    expect(texts).toEqual([]);
    await expect.poll(() => texts, { timeout: 5000 }).toEqual(['late']);
  });

  test('a server error comes with the call carried out or not', async () => {
    const { person, api } = await openSandbox();
    const post = async (text: string) => (await api('chat.postMessage', { channel: INCIDENTS, text })).response.status;
    await person.act('fault', { serverErrors: 1 });
    expect(await post('not done')).toBe(503);
    await person.act('fault', { serverErrors: 1, errorStatus: 500, errorsCarriedOut: true });
    expect(await post('done')).toBe(500);
    expect(await post('fine')).toBe(200);
    expect((await person.messages(INCIDENTS)).map(({ text }) => text)).toEqual(['done', 'fine']);
  });

  test('a cut breaks a socket without a word, and the other takes over', async () => {
    const { sandbox, person, api } = await openSandbox();
    const closed: number[] = [];
    for (const index of [0, 1]) {
      const { json } = await api('apps.connections.open', {}, sandbox.appToken);
      const socket = new WebSocket(json.url ?? '');
      await new Promise((resolve) => socket.once('message', resolve));
      socket.on('close', () => closed.push(index));
      socket.on('message', (data) => {
        const { envelope_id } = JSON.parse(String(data)) as { envelope_id: string };
        socket.send(JSON.stringify({ envelope_id }));
      });
    }
    expect(await person.act('disconnect', { reason: 'cut' })).toMatchObject({ told: 1 });
    await expect.poll(() => closed).toHaveLength(1);
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook')).toMatchObject({ ok: true });
    const frames = (await person.log()).map(({ what }) => what);
    expect(frames).not.toContain('frame disconnect');
  });

  test('random trouble repeats with its seed', () => {
    const troubled = (seed: number) => {
      const faults = createFaults(createChanges());
      faults.set({ chaos: { seed, chance: 0.5, maxDelayMs: 1000 } });
      return Array.from({ length: 40 }, () => JSON.stringify([faults.forDelivery(), faults.forCall()]));
    };
    expect(troubled(7)).toEqual(troubled(7));
    expect(troubled(7)).not.toEqual(troubled(8));
    expect(new Set(troubled(7)).size).toBeGreaterThan(6);
  });
});

describe('rates', () => {
  test('are counted where they are exceeded, also when nothing is refused', async () => {
    const { person, api } = await openSandbox({ rateLimits: false });
    for (let n = 0; n < 7; n++) await api('chat.postMessage', { channel: INCIDENTS, text: 'x' });
    expect(await person.state()).toMatchObject({
      exceeded: 2,
      counts: { 'chat.postMessage': { calls: 7, limited: 0, exceeded: 2 } },
    });
  });

  test('a 429 that somebody asked for is none that was exceeded', async () => {
    const { person, api } = await openSandbox({ rateLimits: true });
    await person.act('fault', { rateLimits: 1, retryAfterS: 7 });
    const { response } = await api('auth.test', {});
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await person.state()).toMatchObject({ exceeded: 0, counts: { 'auth.test': { limited: 1, exceeded: 0 } } });
  });
});
