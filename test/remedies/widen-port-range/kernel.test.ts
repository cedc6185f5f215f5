import { describe, expect, it, onTestFinished } from 'vitest';
import { widenPortRangeRemedy } from '../../../src/remedies/widen-port-range/index.ts';
import { planWidening } from '../../../src/remedies/widen-port-range/plan.ts';
import { planInput, planOf } from '../../helpers/planning.ts';
import { createSysctlHost, withDropIn } from '../../helpers/sysctl-host.ts';

const [{ judge }] = widenPortRangeRemedy.proofs;

describe('a wider range on a real kernel', () => {
  it('gives an exhausted host ports again, with the service ports inside it reserved', async () => {
    const host = await createSysctlHost();
    onTestFinished(() => host[Symbol.asyncDispose]());
    await host.namespace.play({ listen: [{ host: '127.0.0.1', port: 20_000 }] });
    host.set({ ip_local_port_range: '40000 40099', tcp_tw_reuse: '0' });
    expect(host.open(105)).toEqual({ opened: 100, refused: 5 });

    const before = host.read(['sysctl', 'sockets', 'listeners']);
    const plan = planOf(planWidening(planInput(before)));
    expect(plan.actions.slice(0, 2)).toMatchObject([
      { key: 'net.ipv4.ip_local_reserved_ports', before: '', after: '20000' },
      { key: 'net.ipv4.ip_local_port_range', before: '40000 40099', after: '10240 65535' },
    ]);
    host.apply(plan.actions);
    expect(host.open(60)).toEqual({ opened: 60, refused: 0 });
    const after = withDropIn(host.read(['sysctl', 'sockets']), plan.actions);
    expect(judge(plan, before, after)).toMatchObject({
      outcome: 'proven',
      statements: expect.arrayContaining([
        'net.ipv4.ip_local_port_range reads back as 10240 65535.',
        'Before: 100 of 100 ports held (100 %), from 10.98.0.1 to 10.98.0.1:8090; after: 160 of 55,295 ports held (0 %), from 10.98.0.1 to 10.98.0.1:8090.',
      ]),
    });
    expect(judge(plan, before, withDropIn(before, plan.actions)).outcome).toBe('not_proven');
  });

  it('is taken by the kernel whatever the range was before, as long as it is offered', async () => {
    const host = await createSysctlHost();
    onTestFinished(() => host[Symbol.asyncDispose]());
    for (const [start, low, high] of [
      [1024, 32_768, 60_999],
      [1024, 8001, 30_000],
      [20_001, 32_768, 60_999],
      [0, 1025, 2001],
    ] as const) {
      host.set({ ip_local_port_range: '32768 60999', ip_unprivileged_port_start: String(start) });
      host.set({ ip_local_port_range: `${low} ${high}` });
      host.open(1);
      const facts = host.read(['sysctl', 'sockets', 'listeners']);
      const { sysctl, sockets } = facts;
      if (sysctl === undefined || sockets === undefined) throw new Error('nothing was read');
      const pressed = { ...sockets, groups: sockets.groups.map((group) => ({ ...group, sockets: 10_000 })) };
      const plan = planOf(planWidening(planInput({ ...facts, sockets: pressed })));
      expect(() => host.apply(plan.actions)).not.toThrow();
      expect(host.read(['sysctl']).sysctl?.localPortRange.high).toBeGreaterThan(65_000);
    }
  });
});
