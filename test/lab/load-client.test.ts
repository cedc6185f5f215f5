import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { LoadClient, type LoadClientOptions, type RequestOutcome } from '../../src/lab/load-client.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const open: (Server | Socket)[] = [];

afterEach(() => {
  for (const one of open.splice(0)) 'destroy' in one ? one.destroy() : one.close();
});

/** A server that does the next of these things at each request, over all its connections; it counts both. */
async function serve(...actions: readonly ((socket: Socket) => void)[]) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer((socket) => {
    seen.connections += 1;
    open.push(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      seen.requests += 1;
      actions[Math.min(seen.requests, actions.length) - 1]?.(socket);
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, port: (server.address() as AddressInfo).port };
}

const answer = (socket: Socket): void => void socket.write(ANSWER);
const reset = (socket: Socket): void => void socket.resetAndDestroy();

function clientOf(port: number, change: Partial<LoadClientOptions> = {}) {
  const client = new LoadClient({
    clock: systemClock,
    address: '127.0.0.1',
    port,
    mode: 'keep-alive',
    maxSockets: 256,
    timeoutMs: 10_000,
    ...change,
  });
  const get = () => new Promise<RequestOutcome>((resolve) => client.send('/', resolve));
  return { client, get };
}

describe('the client of a load', () => {
  it('keeps its connection for the next request', async () => {
    const { seen, port } = await serve(answer);
    const { get } = clientOf(port);
    expect([await get(), await get(), await get()]).toEqual([{ status: 200 }, { status: 200 }, { status: 200 }]);
    expect(seen).toEqual({ connections: 1, requests: 3 });
  });

  it('opens no more connections than it may, and lets the others wait', async () => {
    const { seen, port } = await serve((socket) => setTimeout(answer, 20, socket));
    const { get } = clientOf(port, { maxSockets: 2 });
    const outcomes = await Promise.all(Array.from({ length: 7 }, get));
    expect(outcomes.every((outcome) => 'status' in outcome)).toBe(true);
    expect(seen).toEqual({ connections: 2, requests: 7 });
  });

  it('opens a connection per request when it closes them', async () => {
    const { seen, port } = await serve((socket) =>
      socket.end(ANSWER.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')),
    );
    const { get } = clientOf(port, { mode: 'close' });
    await get();
    await get();
    expect(seen).toEqual({ connections: 2, requests: 2 });
  });

  it('puts an answer together from pieces, and is not content with half of one', async () => {
    const { port } = await serve((socket) => {
      socket.write(ANSWER.slice(0, 30));
      setTimeout(() => socket.write(ANSWER.slice(30)), 20);
    });
    expect(await clientOf(port).get()).toEqual({ status: 200 });
    const cut = await serve((socket) => socket.end(ANSWER.slice(0, -1)));
    expect(await clientOf(cut.port).get()).toEqual({ error: 'ECONNRESET' });
  });

  it('sends a request once more when a connection that it reused was closed before the answer', async () => {
    const { seen, port } = await serve(answer, reset, answer);
    const { client, get } = clientOf(port);
    expect([await get(), await get()]).toEqual([{ status: 200 }, { status: 200 }]);
    expect(client.retried).toBe(1);
    expect(seen).toEqual({ connections: 2, requests: 3 });
  });

  it('counts a request as lost when a fresh connection is closed, and when sending it once more fails too', async () => {
    const fresh = await serve(reset);
    expect(await clientOf(fresh.port).get()).toEqual({ error: 'ECONNRESET' });
    const twice = await serve(answer, reset, reset, answer);
    const { client, get } = clientOf(twice.port);
    expect([await get(), await get(), await get()]).toEqual([
      { status: 200 },
      { error: 'ECONNRESET' },
      { status: 200 },
    ]);
    expect(client.retried).toBe(1);
  });

  it('gives up what is not answered in time, and what still waits for a connection then', async () => {
    let nowMs = 0;
    const clock: Clock = { ...systemClock, monotonicMs: () => nowMs };
    const { port } = await serve(() => {});
    const { client, get } = clientOf(port, { clock, maxSockets: 1 });
    const outcomes = Promise.all([get(), get()]);
    client.expire();
    nowMs = 10_001;
    client.expire();
    expect(await outcomes).toEqual([{ error: 'ETIMEDOUT' }, { error: 'ETIMEDOUT' }]);
  });
});
