import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { FAULTS } from '../../src/lab/faults/registry.ts';
import { SLOW_SECONDS } from '../../src/lab/faults/slow-host.ts';
import type { Lab, LabEntry } from '../../src/lab/lab.ts';
import { waitUntil } from '../../src/lab/process.ts';
import { run } from '../../src/lab/run.ts';
import { testLab } from '../helpers/lab.ts';
import { lookAtCounter, lookAtEverything } from './look.ts';
import { ssh } from './ssh-login.ts';

const HOST = 'web-1';
const lab = testLab({ webHosts: 1 });

function web(): LabEntry {
  const [host] = lab().hosts;
  if (host === undefined) throw new Error('the lab has no host');
  return host;
}

async function loadOf(request: Parameters<Lab['load']>[0]) {
  const before = await lookAtCounter(lab(), HOST, 'TcpActiveOpens');
  await lab().load(request);
  await waitUntil(systemClock, 15_000, async () => (await lab().status()).load === undefined);
  const summary = await lab().stopLoad();
  return { summary, opened: (await lookAtCounter(lab(), HOST, 'TcpActiveOpens')) - before };
}

async function withFault<T>(name: string, use: () => Promise<T>): Promise<T> {
  await lab().fault(name, [HOST], 'on');
  try {
    return await use();
  } finally {
    await lab().fault(name, [HOST], 'off');
  }
}

describe('load on a lab', () => {
  it('is spread over the services, counted, and served from few connections by a healthy host', async () => {
    const { summary, opened } = await loadOf({ ratePerHost: 100, seconds: 2 });
    expect(summary).toMatchObject({ sent: 200, ok: 200, failed: 0, failures: {} });
    expect(opened).toBeLessThan(100);
  });

  it('counts requests that were not answered well', async () => {
    await lab().service(HOST, 8082, 'stop');
    const { summary } = await loadOf({ ratePerHost: 30, seconds: 1 });
    expect(await lab().service(HOST, 8082, 'start')).toEqual({ ok: true });
    expect(summary?.failures).toEqual({ 502: 10 });
    expect(summary?.hosts).toEqual({ [HOST]: { sent: 30, ok: 20, failed: 10 } });
  });

  it('ends when it is stopped, with what it came to until then', async () => {
    await lab().load({ ratePerHost: 10, mode: 'close' });
    expect((await lab().status()).load).toEqual({ ratePerHost: 10, mode: 'close', hosts: [HOST] });
    const summary = await lab().stopLoad();
    expect(summary?.failed).toBe(0);
    expect(await lab().stopLoad()).toBeUndefined();
  });

  it('tells what it has come to while it goes on', async () => {
    expect(lab().loadProgress()).toBeUndefined();
    await lab().load({ ratePerHost: 100 });
    const progress = () => lab().loadProgress();
    await waitUntil(systemClock, 10_000, () => (progress()?.ok ?? 0) > 50);
    const earlier = progress();
    await waitUntil(systemClock, 10_000, () => (progress()?.ok ?? 0) > (earlier?.ok ?? 0));
    const later = progress();
    expect(earlier).toMatchObject({ failed: 0, retried: 0 });
    const requests = (later?.ok ?? 0) - (earlier?.ok ?? 0);
    const rate = requests / ((later?.seconds ?? 0) - (earlier?.seconds ?? 0));
    expect(rate).toBeGreaterThan(50);
    expect(rate).toBeLessThan(200);
    const summary = await lab().stopLoad();
    expect(summary?.sent).toBeGreaterThanOrEqual(later?.sent ?? 0);
    expect(lab().loadProgress()).toBeUndefined();
  });

  it('loses no request when nginx ends idle connections by a reload, and says what was sent once more', async () => {
    await lab().load({ ratePerHost: 200 });
    for (let turn = 0; turn < 3; turn += 1)
      await lab().fault('no-upstream-keepalive', [HOST], turn === 1 ? 'off' : 'on');
    await expect.poll(() => lab().loadProgress()?.ok ?? 0, { timeout: 15_000 }).toBeGreaterThan(50);
    const summary = await lab().stopLoad();
    await lab().fault('no-upstream-keepalive', [HOST], 'off');
    expect(summary?.failures).toEqual({});
    expect(summary?.ok).toBe(summary?.sent);
    expect(summary?.ok).toBeGreaterThan(50);
  });

  it('is refused when it would run for longer than half an hour', async () => {
    await expect(lab().load({ ratePerHost: 10, seconds: 1801 })).rejects.toMatchObject({ code: 'request/invalid' });
  });
});

describe('the faults of a lab', () => {
  it('are known by name, with a suggestion for a misspelt one', async () => {
    await expect(lab().fault('host-dwn', 'all', 'on')).rejects.toMatchObject({
      code: 'lab/unknown-fault',
      hint: 'Did you mean host-down?',
    });
    await expect(lab().fault('host-down', ['web-9'], 'on')).rejects.toMatchObject({ code: 'request/unknown-host' });
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  });

  it('no-upstream-keepalive: nginx opens about one connection per request, until it is cleared', async () => {
    const broken = await withFault('no-upstream-keepalive', () => loadOf({ ratePerHost: 100, seconds: 2 }));
    expect(broken.summary).toMatchObject({ sent: 200, ok: 200 });
    expect(broken.opened).toBeGreaterThan(180);
    expect((await loadOf({ ratePerHost: 100, seconds: 1 })).opened).toBeLessThan(50);
  });

  it('service-port-in-range: the range contains the service ports, now and in a file, until it is cleared', async () => {
    const read = 'cat /proc/sys/net/ipv4/ip_local_port_range /etc/sysctl.d/*.conf';
    await withFault('service-port-in-range', async () => {
      const { stdout } = await ssh(web(), read);
      expect(stdout).toContain('1024\t65535\n');
      expect(stdout).toContain('net.ipv4.ip_local_port_range = 1024 65535\n');
    });
    expect((await ssh(web(), read)).stdout).toBe('32768\t60999\n');
  });

  it('service-port-taken: an outgoing connection holds the port, so the service cannot start until it is freed', async () => {
    await withFault('service-port-taken', async () => {
      const rows = await ssh(web(), "ss -Htan 'sport = :8081'");
      expect(rows.stdout).toMatch(/^ESTAB\s+0\s+0\s+127\.0\.0\.1:8081\s+127\.0\.0\.1:8080\s*$/);
      expect(await lab().service(HOST, 8081, 'start')).toEqual({
        ok: false,
        message: 'listen EADDRINUSE: address already in use 127.0.0.1:8081',
      });
    });
    const [status] = (await lab().status()).hosts;
    expect(status).toMatchObject({
      faults: [],
      services: [{ listening: true }, { listening: true }, { listening: true }],
    });
  });

  it('service-port-taken: works at once on a host whose port has TIME_WAIT from load', async () => {
    await withFault('no-upstream-keepalive', async () => {
      await loadOf({ ratePerHost: 50, seconds: 1 });
      await withFault('service-port-taken', async () => {
        expect(await lab().service(HOST, 8081, 'start')).toMatchObject({ ok: false });
      });
    });
  });

  it('service-port-taken: cannot take a port that is reserved', async () => {
    const reserve = (ports: string) =>
      lab().exec(HOST, ['tee', '/proc/sys/net/ipv4/ip_local_reserved_ports'], { input: ports });
    await reserve('8080-8082');
    try {
      await expect(lab().fault('service-port-taken', [HOST], 'on')).rejects.toThrow(
        /8081, which is in use or reserved/,
      );
    } finally {
      await reserve('\n');
      await lab().fault('service-port-taken', [HOST], 'off');
    }
    expect((await lab().status()).hosts[0]?.services[1]).toMatchObject({ port: 8081, listening: true });
  });

  it('service-port-taken: leaves the range wide when that is a fault of its own', async () => {
    const range = () => lab().exec(HOST, ['cat', '/proc/sys/net/ipv4/ip_local_port_range']);
    await withFault('service-port-in-range', async () => {
      await withFault('service-port-taken', async () => {});
      expect((await range()).stdout).toBe('1024\t65535\n');
      expect((await lab().status()).hosts[0]?.faults).toEqual(['service-port-in-range']);
    });
    expect((await range()).stdout).toBe('32768\t60999\n');
  });

  it('host-down: the host is unreachable, its processes go on, and it comes back', async () => {
    await lab().exec(HOST, ['touch', '/run/before']);
    await withFault('host-down', async () => {
      const output = await ssh(web(), 'true');
      expect(output.code).toBe(255);
      expect(output.stderr).toMatch(/No route to host|timed out/);
      expect((await lab().status()).hosts[0]).toMatchObject({ running: true, faults: ['host-down'] });
    });
    expect(await ssh(web(), 'ls /run/before')).toMatchObject({ code: 0 });
  });

  it('slow-host: ss answers late, on this host alone, until it is cleared', async () => {
    await withFault('slow-host', async () => {
      const startedMs = systemClock.monotonicMs();
      expect((await ssh(web(), 'ss -Htln')).stdout).toContain('127.0.0.1:8080');
      expect(systemClock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(SLOW_SECONDS * 1_000);
      const isProgram = ['sh', '-c', 'head -c 4 /usr/bin/ss | tail -c 3'];
      expect((await lab().exec('db-1', isProgram)).stdout).toBe('ELF');
      expect((await run(isProgram)).stdout).toBe('ELF');
    });
    expect((await ssh(web(), 'head -c 4 /usr/bin/ss | tail -c 3')).stdout).toBe('ELF');
  });

  it('may be switched on and off twice, and leave the host exactly as it was', { timeout: 60_000 }, async () => {
    const workers = async () => (await lab().exec(HOST, ['pgrep', '-c', '-f', 'nginx: worker'])).stdout.trim();
    await waitUntil(systemClock, 5_000, async () => (await workers()) === '1');
    const before = await lookAtEverything(lab(), HOST);
    for (const { name } of FAULTS) {
      await lab().fault(name, [HOST], 'on');
      await lab().fault(name, [HOST], 'on');
      await lab().fault(name, [HOST], 'off');
      await lab().fault(name, [HOST], 'off');
      // An old worker may still be about to end.
      await waitUntil(systemClock, 3_000, async () => (await lookAtEverything(lab(), HOST)) === before);
      expect(await lookAtEverything(lab(), HOST), name).toBe(before);
    }
    expect((await lab().status()).hosts[0]?.faults).toEqual([]);
    expect((await loadOf({ ratePerHost: 30, seconds: 1 })).summary).toMatchObject({ ok: 30, failed: 0 });
  });
});
