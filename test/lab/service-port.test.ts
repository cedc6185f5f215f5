import { describe, expect, it } from 'vitest';
import { attemptSentences } from '../../src/engine/phrases.ts';
import { testLab } from '../helpers/lab.ts';
import { findingOf, labProduct } from '../helpers/lab-product.ts';

const DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';
const lab = testLab({ webHosts: 2 });

async function reserved(host: string): Promise<string> {
  return (await lab().exec(host, ['cat', '/proc/sys/net/ipv4/ip_local_reserved_ports'])).stdout.trim();
}

describe('service-port on real hosts', { timeout: 90_000 }, () => {
  it('names the port, its owner, the range and the connection that holds it; the service cannot start', async () => {
    const running = lab();
    await running.fault('service-port-taken', ['web-1'], 'on');
    try {
      expect(await running.service('web-1', 8081, 'start')).toMatchObject({
        ok: false,
        message: expect.stringContaining('EADDRINUSE'),
      });
      await using product = labProduct(running);
      const view = await product.run('service-port', 'web-1');
      const found = findingOf(view, 'service-port-in-range', 'web-1');
      expect(found?.severity).toBe('critical');
      const evidence = found?.evidence.map(({ label, value }) => `${label}: ${value}`).join('\n') ?? '';
      expect(evidence).toMatch(/8081/);
      expect(evidence).toMatch(/app\.conf:\d+/);
      expect(evidence).toMatch(/1024-65535/);
      expect([...(found?.explanation ?? []), evidence].join('\n')).toMatch(/127\.0\.0\.1:8081/);
    } finally {
      await running.fault('service-port-taken', ['web-1'], 'off');
    }
  });

  it('is cured by the approved proposal: reserved now and after a restart, proven, and outgoing connections skip the ports', async () => {
    const running = lab();
    await running.fault('service-port-in-range', 'all', 'on');
    await using product = labProduct(running);
    const { proposals } = await product.run('service-port', '@web');
    const [proposed] = proposals;
    expect(proposed?.proposal.plan.hosts.map(({ host }) => host)).toEqual(['web-1', 'web-2']);
    const id = proposed?.proposal.id ?? '';

    const [done] = (await product.approve(id)).proposals;
    expect(done?.proposal.state, done && attemptSentences(done).join('\n')).toBe('proven');
    for (const host of ['web-1', 'web-2']) {
      expect(await reserved(host)).toMatch(/8080-8082/);
      const file = await running.exec(host, ['stat', '-c', '%a %U %s', DROP_IN]);
      expect(file.stdout).toMatch(/^644 root [1-9]/);
    }
    // The fault lets the kernel pick the port of an outgoing connection from these ports alone: it cannot any more.
    await expect(running.fault('service-port-taken', ['web-1'], 'on')).rejects.toThrow();
    await running.fault('service-port-taken', ['web-1'], 'off');
    await running.fault('service-port-in-range', 'all', 'on');
    expect(await running.service('web-1', 8081, 'stop')).toEqual({ ok: true });
    expect(await running.service('web-1', 8081, 'start')).toEqual({ ok: true });

    const again = await product.run('service-port', '@web');
    expect(findingOf(again, 'service-port-in-range', 'web-1')).toBeUndefined();
    expect(again.proposals).toEqual([]);

    const [undone] = (await product.undo(id)).proposals;
    expect(undone?.proposal.state, undone && attemptSentences(undone).join('\n')).toBe('undone');
    expect(await reserved('web-1')).toBe('');
    expect((await running.exec('web-1', ['test', '-e', DROP_IN])).code).not.toBe(0);
    await running.fault('service-port-in-range', 'all', 'off');
  });

  it('does not touch a host that changed after the approval was asked for, and says what differs', async () => {
    const running = lab();
    await running.fault('service-port-in-range', 'all', 'on');
    await using product = labProduct(running);
    const { proposals } = await product.run('service-port', '@web');
    await running.exec('web-1', ['sysctl', '-qw', 'net.ipv4.ip_local_reserved_ports=9000']);
    const [stale] = (await product.approve(proposals[0]?.proposal.id ?? '')).proposals;
    expect(stale?.proposal.state).toBe('stale');
    expect(stale && attemptSentences(stale).join('\n')).toMatch(/9000/);
    expect(await reserved('web-1')).toBe('9000');
    expect(await reserved('web-2')).toBe('');
    expect(stale?.attempts.map(({ state }) => state)).toEqual(['stale', 'untouched']);
    await running.exec('web-1', ['sysctl', '-qw', 'net.ipv4.ip_local_reserved_ports=']);
    await running.fault('service-port-in-range', 'all', 'off');
  });

  it('restores everything and says so when sudo refuses in the middle', async () => {
    const running = lab();
    await running.fault('service-port-in-range', ['web-2'], 'on');
    await using product = labProduct(running);
    const { proposals } = await product.run('service-port', 'web-2');
    await running.exec('web-2', ['sh', '-c', "sed -i '/mv -f -T/d' /etc/sudoers.d/countersign"]);
    const [failed] = (await product.approve(proposals[0]?.proposal.id ?? '')).proposals;
    expect(failed?.proposal.state).toBe('failed');
    expect(failed && attemptSentences(failed).join('\n')).toMatch(/restored/);
    expect(await reserved('web-2')).toBe('');
    expect((await running.exec('web-2', ['sh', '-c', 'ls -A /etc/sysctl.d'])).stdout).not.toMatch(/countersign/);
  });
});
