import { describe, expect, it, onTestFinished } from 'vitest';
import { planRaise } from '../../../src/remedies/raise-time-wait-limit/plan.ts';
import { judgeOverflow } from '../../../src/remedies/raise-time-wait-limit/verify.ts';
import { planInput, planOf } from '../../helpers/planning.ts';
import { createSysctlHost, withDropIn } from '../../helpers/sysctl-host.ts';

describe('a raised limit on a real kernel', () => {
  it('keeps the TIME_WAIT sockets that were dropped before', async () => {
    const host = await createSysctlHost();
    onTestFinished(() => host[Symbol.asyncDispose]());
    host.set({ tcp_max_tw_buckets: '20' });
    host.open(40);
    const stopFirst = await host.openOnAndOn(20);
    const before = host.read(['sysctl', 'tcp-counters', 'sockstat'], 0.6);
    await stopFirst();
    expect(before.sockstat?.timeWaitSockets).toBeLessThanOrEqual(20);
    expect(before['tcp-counters']?.perSecond.TCPTimeWaitOverflow).toBeGreaterThan(0);

    const plan = planOf(planRaise(planInput(before)));
    host.apply(plan.actions);
    const stopSecond = await host.openOnAndOn(20);
    const after = withDropIn(host.read(['sysctl', 'tcp-counters', 'sockstat'], 0.6), plan.actions);
    await stopSecond();
    host.open(40);
    const verdict = judgeOverflow(plan, before, after);
    expect(verdict.statements).toContain('net.ipv4.tcp_max_tw_buckets reads back as 65536.');
    expect(verdict.outcome).toBe('proven');
    expect(host.read(['sockstat']).sockstat?.timeWaitSockets).toBeGreaterThan(60);
  });
});
