import { describe, expect, it, onTestFinished } from 'vitest';
import { peerTimestampsProbe } from '../../../src/probes/peer-timestamps/index.ts';
import { reuseTimeWaitPortsRemedy } from '../../../src/remedies/reuse-time-wait/index.ts';
import { planReuse } from '../../../src/remedies/reuse-time-wait/plan.ts';
import { planInput, planOf } from '../../helpers/planning.ts';
import { createSysctlHost, type SysctlHost, withDropIn } from '../../helpers/sysctl-host.ts';

const [{ judge }] = reuseTimeWaitPortsRemedy.proofs;

async function exhausted(): Promise<SysctlHost> {
  const host = await createSysctlHost();
  onTestFinished(() => host[Symbol.asyncDispose]());
  host.set({ ip_local_port_range: '40000 40099', tcp_tw_reuse: '2' });
  expect(host.open(130)).toEqual({ opened: 100, refused: 30 });
  return host;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

describe('reusing ports in TIME_WAIT on a real kernel', () => {
  it('gives exhausted ports back after a second, and the kernel counts them', async () => {
    const host = await exhausted();
    const before = host.read(['sysctl', 'sockets', 'tcp-counters']);
    const plan = planOf(planReuse(planInput(before)));
    expect(plan.predicted[1]).toContain(
      '10.98.0.1 to 10.98.0.1:8090: 100 of 100 ports are held, 100 of them in TIME_WAIT',
    );

    expect(host.open(5)).toEqual({ opened: 0, refused: 5 });
    host.apply(plan.actions);
    await pause(1100);
    expect(host.open(60)).toEqual({ opened: 60, refused: 0 });
    await pause(1100);
    const stop = await host.openOnAndOn(50);
    const after = withDropIn(host.read(['sysctl', 'tcp-counters'], 1), plan.actions);
    await stop();
    const verdict = judge(plan, before, after);
    expect(verdict.statements.join('\n')).toMatch(/^net\.ipv4\.tcp_tw_reuse reads back as 1\.$/m);
    expect(verdict.statements.join('\n')).toMatch(/0\/s → [\d.]+\/s ports taken over from TIME_WAIT/);
    expect(verdict.outcome).toBe('proven');
  });

  it('does nothing without timestamps, which the proof shows', async () => {
    const host = await exhausted();
    const before = host.read(['sysctl', 'sockets', 'tcp-counters']);
    const plan = planOf(planReuse(planInput(before)));
    host.apply(plan.actions);
    host.set({ tcp_timestamps: '0' });
    expect(planReuse(planInput({ ...before, ...host.read(['sysctl']) })).kind).toBe('refused');
    await pause(1100);
    const fresh = { ip_local_port_range: '40100 40149' };
    host.set(fresh);
    expect(host.open(60)).toEqual({ opened: 50, refused: 10 });
    await pause(1100);
    expect(host.open(5)).toEqual({ opened: 0, refused: 5 });
    const after = withDropIn(host.read(['sysctl', 'tcp-counters']), plan.actions);
    expect(judge(plan, before, after)).toMatchObject({
      outcome: 'not_proven',
      statements: expect.arrayContaining([expect.stringContaining('none was needed, or none could be')]),
    });
  });

  it('sees on connections that last whether the other end sends timestamps', async () => {
    const host = await createSysctlHost();
    onTestFinished(() => host[Symbol.asyncDispose]());
    const peers = () => {
      const ran = host.namespace.run(peerTimestampsProbe.command({ sudo: false, intervalSeconds: 1 }).argv);
      const parsed = peerTimestampsProbe.parse({ ...ran, droppedBytes: 0 });
      if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
      return parsed.fact;
    };
    expect(peers()).toEqual({ peers: [], omittedDestinations: 0 });
    await host.namespace.play({
      connect: [
        { host: '10.98.0.1', port: 8090 },
        { host: '10.98.0.1', port: 8090 },
      ],
    });
    expect(peers().peers).toEqual([{ address: '10.98.0.1', port: 8090, withTimestamps: 2, withoutTimestamps: 0 }]);
    host.set({ tcp_timestamps: '0' });
    await host.namespace.play({ connect: [{ host: '10.98.0.1', port: 8090 }] });
    expect(peers().peers).toEqual([{ address: '10.98.0.1', port: 8090, withTimestamps: 2, withoutTimestamps: 1 }]);
  });
});
