import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createRedact } from '../../src/base/redact.ts';
import { createHealth, type HealthPart } from '../../src/telemetry/health.ts';
import { startHealthServer } from '../../src/telemetry/http.ts';
import { storeAnswers, storeTakesWrites } from '../../src/telemetry/store-health.ts';
import { createTestStore } from '../helpers/engine.ts';
import { createFastClock } from '../helpers/fast-clock.ts';

const fine: HealthPart = { name: 'worker', condition: () => ({ ok: true, words: 'work is taken up' }) };

function part(name: string, condition: HealthPart['condition']): HealthPart {
  return { name, condition };
}

function healthOf(how: { readonly live?: readonly HealthPart[]; readonly ready?: readonly HealthPart[] }) {
  const redact = createRedact(['xoxb-hunter2']);
  return createHealth({ live: [], ready: [], ...how, clock: createFastClock(20), redact });
}

/** Status and body of a page of a server that ends with the test. */
async function serving(health: ReturnType<typeof healthOf>) {
  const server = await startHealthServer({ host: '127.0.0.1', port: 0 }, health);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return async (path: string, method = 'GET') => {
    const response = await fetch(server.url + path, { method });
    return { status: response.status, text: await response.text() };
  };
}

describe('health', () => {
  it('is told as JSON in words, apart for what is alive and what is ready', async () => {
    const away = part('Slack', () => ({ ok: false, words: '0 of 2 sockets are connected' }));
    const get = await serving(healthOf({ ready: [fine, away] }));
    const live = await get('/healthz');
    expect(live.status).toBe(200);
    expect(JSON.parse(live.text)).toMatchObject({ ok: true, parts: { 'event loop': { ok: true } } });
    const ready = await get('/readyz?verbose');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({
      ok: false,
      parts: { worker: { ok: true }, Slack: { ok: false, words: '0 of 2 sockets are connected' } },
    });
  });

  it('is not ready from the moment it is being stopped, and still alive', async () => {
    const health = healthOf({ ready: [fine] });
    const get = await serving(health);
    expect((await get('/readyz')).status).toBe(200);
    health.drain();
    expect(await get('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('it is being stopped') });
    expect((await get('/healthz')).status).toBe(200);
  });

  it('does not wait for ever for a part, and tells what a part failed with, without secrets', async () => {
    const health = healthOf({
      live: [part('stuck', () => new Promise(() => {}))],
      ready: [
        part('broken', () => {
          throw new Error('no answer with xoxb-hunter2');
        }),
      ],
    });
    const page = await health.page('/readyz');
    expect(page?.status).toBe(503);
    expect(page?.body.parts).toMatchObject({
      stuck: { ok: false, words: 'no answer within 2 s' },
      broken: { ok: false, words: expect.not.stringContaining('hunter2') },
    });
  });

  it('has no other pages, and is only looked at', async () => {
    const get = await serving(healthOf({}));
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz', 'POST')).status).toBe(405);
    expect(await get('/healthz', 'HEAD')).toEqual({ status: 200, text: '' });
  });

  it('says that its address is taken', async () => {
    const server = await startHealthServer({ host: '127.0.0.1', port: 0 }, healthOf({}));
    onTestFinished(() => server[Symbol.asyncDispose]());
    const port = Number(new URL(server.url).port);
    await expect(startHealthServer({ host: '127.0.0.1', port }, healthOf({}))).rejects.toMatchObject({
      code: 'config/port-in-use',
      hint: expect.stringContaining('health.listen'),
    });
  });
});

describe('the health of the database', () => {
  it('is that it answers and takes writes, whichever process asks and however often', async () => {
    await using stores = createTestStore();
    const { store } = stores;
    const health = healthOf({ live: [storeAnswers(store)], ready: [storeTakesWrites(store, 'me', systemClock)] });
    for (let n = 0; n < 3; n++) expect((await health.page('/readyz'))?.status).toBe(200);
    const other = storeTakesWrites(store, 'another process', systemClock);
    expect(await other.condition()).toMatchObject({ ok: true });
  });

  it('is bad when it is gone', async () => {
    const stores = createTestStore();
    await stores[Symbol.asyncDispose]();
    const page = await healthOf({ live: [storeAnswers(stores.store)] }).page('/healthz');
    expect(page?.status).toBe(503);
    expect(page?.body.parts['database']).toMatchObject({ ok: false });
  });
});
