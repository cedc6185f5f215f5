import { describe, expect, it } from 'vitest';
import { testLab } from '../helpers/lab.ts';
import { lookAtCounter, lookAtErrors, lookAtTimeWait, sleep, type TimeWaitCounts } from './look.ts';

const HOST = 'web-1';
const lab = testLab({ webHosts: 1 });

interface Seen {
  /** New connections of the host per request. */
  readonly opensPerRequest: number;
  /** Connections that it took, of clients and by its services. */
  readonly acceptedPerRequest: number;
  /** TIME_WAIT that came during the load. */
  readonly more: TimeWaitCounts;
  readonly sent: number;
  readonly failed: number;
}

/** Load with the fault on: what it makes of the host's connections. The other faults of a test file leave TIME_WAIT behind. */
async function see(fault: string, request: { rate: number; seconds: number; mode?: 'close' }): Promise<Seen> {
  await lab().fault(fault, [HOST], 'on');
  const before = await lookAtTimeWait(lab(), HOST);
  const opens = await lookAtCounter(lab(), HOST, 'TcpActiveOpens');
  const accepted = await lookAtCounter(lab(), HOST, 'TcpPassiveOpens');
  await lab().load({ ratePerHost: request.rate, ...(request.mode ? { mode: request.mode } : {}) });
  await sleep(request.seconds * 1000);
  const summary = await lab().stopLoad();
  const requests = summary?.sent ?? Number.NaN;
  const after = await lookAtTimeWait(lab(), HOST);
  const more = (key: keyof TimeWaitCounts) => after[key] - before[key];
  const seen = {
    opensPerRequest: ((await lookAtCounter(lab(), HOST, 'TcpActiveOpens')) - opens) / requests,
    acceptedPerRequest: ((await lookAtCounter(lab(), HOST, 'TcpPassiveOpens')) - accepted) / requests,
    more: {
      total: more('total'),
      backendClosed: more('backendClosed'),
      nginxClosed: more('nginxClosed'),
      clientsClosed: more('clientsClosed'),
    },
    sent: requests,
    failed: summary?.failed ?? Number.NaN,
  };
  await lab().fault(fault, [HOST], 'off');
  return seen;
}

describe('faults of connection reuse', { timeout: 40_000 }, () => {
  it('half-fix: a connection per request, which nginx closes', async () => {
    const { opensPerRequest, more, sent, failed } = await see('half-fix', { rate: 100, seconds: 3 });
    expect(opensPerRequest).toBeGreaterThan(0.9);
    expect(more.nginxClosed).toBeGreaterThan(sent * 0.6);
    expect(more.backendClosed).toBeLessThan(more.nginxClosed / 10);
    expect(failed).toBe(0);
  });

  it('small-pool: two connections per service survive, the others are closed by nginx', async () => {
    const { opensPerRequest, more, failed } = await see('small-pool', { rate: 150, seconds: 3 });
    expect(opensPerRequest).toBeGreaterThan(0.3);
    expect(opensPerRequest).toBeLessThan(0.95);
    expect(more.nginxClosed).toBeGreaterThan(100);
    expect(more.backendClosed).toBeLessThan(more.nginxClosed / 10);
    expect(failed).toBe(0);
  });

  it('websocket-map: the pool is there and every request opens a connection all the same', async () => {
    const { opensPerRequest, more, sent, failed } = await see('websocket-map', { rate: 100, seconds: 3 });
    expect(opensPerRequest).toBeGreaterThan(0.9);
    expect(more.nginxClosed + more.backendClosed).toBeGreaterThan(sent * 0.6);
    const app = await lab().exec(HOST, ['nginx', '-T']);
    expect(app.stdout).not.toContain('$connection_upgrade');
    expect(failed).toBe(0);
  });

  it('short-backend-idle: the services close what nginx pools, and some requests meet a closed connection', async () => {
    const { more, failed } = await see('short-backend-idle', { rate: 29, seconds: 8 });
    expect(more.backendClosed).toBeGreaterThan(10);
    expect(more.nginxClosed).toBeLessThan(more.backendClosed / 2);
    // nginx passes an idempotent request on once more, to the only backend that there is: then the log tells it alone.
    expect(
      await lookAtErrors(lab(), HOST, /upstream prematurely closed|Connection reset by peer/),
    ).toBeGreaterThanOrEqual(failed);
  });

  it('client-close: a client connection per request, which nginx closes, and the pool to the services is intact', async () => {
    const { opensPerRequest, acceptedPerRequest, more, sent, failed } = await see('client-close', {
      rate: 100,
      seconds: 3,
    });
    expect(opensPerRequest).toBeLessThan(0.3);
    expect(acceptedPerRequest).toBeGreaterThan(0.9);
    expect(more.clientsClosed).toBeGreaterThan(sent * 0.6);
    expect(failed).toBe(0);
  });

  it('low-keepalive-requests: nginx closes each client connection after 20 requests', async () => {
    const { more, sent, failed } = await see('low-keepalive-requests', { rate: 200, seconds: 5 });
    // When the machine pauses, the load sends less and over more connections, of which fewer have come to their 20th request.
    expect(more.clientsClosed).toBeGreaterThanOrEqual(sent / 20 / 2);
    expect(more.clientsClosed).toBeLessThanOrEqual(sent / 20 + 2);
    expect(failed).toBe(0);
  });

  it('a load of closing clients gives each request a connection of its own', async () => {
    await lab().load({ ratePerHost: 100, mode: 'close' });
    const before = await lookAtTimeWait(lab(), HOST);
    await sleep(2_000);
    expect((await lookAtTimeWait(lab(), HOST)).clientsClosed - before.clientsClosed).toBeGreaterThan(100);
    expect(await lab().stopLoad()).toMatchObject({ failed: 0, retried: 0 });
  });
});
