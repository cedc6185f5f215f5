import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { waitUntil } from '../../src/lab/process.ts';
import { testLab } from '../helpers/lab.ts';
import { lookAtCounter, lookAtErrors, lookAtQueue, lookAtSetting, lookAtTimeWait, sleep } from './look.ts';
import { ssh } from './ssh-login.ts';

const HOST = 'web-1';
const lab = testLab({ webHosts: 1 });

function overflows(): Promise<number> {
  return lookAtCounter(lab(), HOST, 'TcpExtTCPTimeWaitOverflow');
}

async function withFaults<T>(names: readonly string[], use: () => Promise<T>): Promise<T> {
  for (const name of names) await lab().fault(name, [HOST], 'on');
  try {
    return await use();
  } finally {
    await lab().stopLoad();
    for (const name of names) await lab().fault(name, [HOST], 'off');
  }
}

describe('faults of the kernel’s limits', { timeout: 60_000 }, () => {
  it('accept-queue: the queue of one service is full, the kernel drops connections, and the other services answer', async () => {
    const before = await lookAtCounter(lab(), HOST, 'TcpExtListenOverflows');
    await withFaults(['accept-queue'], async () => {
      await lab().load({ ratePerHost: 30 });
      await sleep(3_000);
      const { waiting, limit } = await lookAtQueue(lab(), HOST, 8082);
      expect(limit).toBe(2);
      expect(waiting).toBeGreaterThanOrEqual(limit);
      expect(await lookAtCounter(lab(), HOST, 'TcpExtListenOverflows')).toBeGreaterThan(before);
      expect(lab().loadProgress()?.ok).toBeGreaterThan(20);
    });
    expect(await lookAtQueue(lab(), HOST, 8082)).toEqual({ waiting: 0, limit: 4096 });
  });

  it('tw-buckets: no more than 500 TIME_WAIT are kept, now and after a restart, and the others are dropped', async () => {
    const limit = await lookAtSetting(lab(), HOST, 'ipv4/tcp_max_tw_buckets');
    await withFaults(['no-upstream-keepalive', 'tw-buckets'], async () => {
      await lab().load({ ratePerHost: 250 });
      await waitUntil(systemClock, 15_000, async () => (await overflows()) > 0);
      expect(await overflows()).toBeGreaterThan(0);
      expect((await lookAtTimeWait(lab(), HOST)).total).toBeLessThanOrEqual(500);
      const { stdout } = await lab().exec(HOST, ['cat', '/etc/sysctl.d/52-buckets.conf']);
      expect(stdout).toContain('net.ipv4.tcp_max_tw_buckets = 500\n');
    });
    expect(await lookAtSetting(lab(), HOST, 'ipv4/tcp_max_tw_buckets')).toBe(limit);
  });

  it('narrow-port-range: after 1,000 connections to a service nginx gets no port for another', async () => {
    await withFaults(['narrow-port-range'], async () => {
      await lab().load({ ratePerHost: 250 });
      const refused = () => lookAtErrors(lab(), HOST, /connect\(\) to 127\.0\.0\.1:8080 failed \(99: Cannot assign/);
      await waitUntil(systemClock, 40_000, async () => (await refused()) > 0);
      expect(await refused()).toBeGreaterThan(0);
      const held = ['sport >= :40000 and sport <= :40999 and dport = :8080'];
      const timeWait = async () =>
        (await lab().exec(HOST, ['/run/lab/ss', '-Htan', 'state', 'time-wait', ...held])).stdout.trim().split('\n')
          .length;
      // The last of the ports may still carry a request when the first connection is refused.
      await expect.poll(timeWait, { timeout: 10_000 }).toBe(1_000);
      await sleep(1_500);
      expect(lab().loadProgress()?.failures['502']).toBeGreaterThan(0);
    });
    expect(await lookAtSetting(lab(), HOST, 'ipv4/ip_local_port_range')).toBe('32768 60999');
    expect(await lookAtSetting(lab(), HOST, 'ipv4/tcp_tw_reuse')).toBe('2');
  });

  it('narrow-port-range and service-port-in-range: each leaves the other in place and both give the range back', async () => {
    const range = () => lookAtSetting(lab(), HOST, 'ipv4/ip_local_port_range');
    await lab().fault('service-port-in-range', [HOST], 'on');
    await lab().fault('narrow-port-range', [HOST], 'on');
    expect(await range()).toBe('40000 40999');
    await lab().fault('service-port-in-range', [HOST], 'off');
    expect(await range()).toBe('40000 40999');
    await lab().fault('narrow-port-range', [HOST], 'off');
    expect(await range()).toBe('32768 60999');
  });
});

describe('faults of what is looked at', { timeout: 40_000 }, () => {
  it('config-not-loaded: the file has no pool, and nginx goes on pooling as before', async () => {
    await withFaults(['config-not-loaded'], async () => {
      expect((await lab().exec(HOST, ['nginx', '-T'])).stdout).not.toContain('keepalive 32');
      const opens = await lookAtCounter(lab(), HOST, 'TcpActiveOpens');
      await lab().load({ ratePerHost: 100 });
      await sleep(2_000);
      await lab().stopLoad();
      expect((await lookAtCounter(lab(), HOST, 'TcpActiveOpens')) - opens).toBeLessThan(60);
    });
    expect((await lab().exec(HOST, ['nginx', '-T'])).stdout).toContain('keepalive 32');
  });

  it('nginx-in-other-namespace: clients are served, and the login sees neither the services nor their sockets', async () => {
    const [entry] = lab().hosts;
    if (entry === undefined) throw new Error('the lab has no host');
    await withFaults(['nginx-in-other-namespace'], async () => {
      await lab().load({ ratePerHost: 60 });
      await sleep(2_000);
      expect(await lab().stopLoad()).toMatchObject({ failed: 0 });
      const { stdout } = await ssh(entry, 'readlink /proc/self/ns/net; ss -Htln; pgrep -c -x nginx');
      expect(stdout).not.toContain('127.0.0.1:8080');
      expect(stdout).toMatch(/\n2\n$/);
      const space = await lab().exec(HOST, ['sh', '-c', 'readlink "/proc/$(cat /run/nginx.pid)/ns/net"']);
      expect(space.stdout.trim()).toMatch(/^net:\[\d+\]$/);
      expect(stdout).not.toContain(space.stdout.trim());
    });
    expect((await lab().status()).hosts[0]?.services.every(({ listening }) => listening)).toBe(true);
  });
});
