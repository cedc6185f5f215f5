import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import { poolUpstreamRemedy } from '../../../src/remedies/pool-upstream/index.ts';
import type { HostPlan } from '../../../src/remedies/remedy.ts';
import { acceptedGroup, connectedGroup, nginxLogFact, socketsFact } from '../../helpers/network-facts.ts';
import { rates, runningNginx } from '../../helpers/nginx-facts.ts';

const [fast, slow] = poolUpstreamRemedy.proofs;

const PLAN: HostPlan = {
  host: asHostName('web-1'),
  actions: [],
  basis: { backends: ['127.0.0.1:8080', '[::1]:8081'] },
  predicted: [],
  targets: { timeWaitSockets: 800 },
  risks: [],
  proof: [],
};

function load(opens: number, requestsPerSecond?: number): Facts {
  const requests = {
    source: 'stub_status',
    from: 'http://127.0.0.1/status',
    intervalSeconds: 5,
    acceptsPerSecond: null,
    activeConnections: null,
    idleConnections: null,
  } as const;
  return {
    'tcp-counters': rates({ ActiveOpens: opens }),
    'nginx-process': runningNginx(),
    ...(requestsPerSecond !== undefined && { requests: { ...requests, requestsPerSecond } }),
  };
}

function log(kind: 'upstream-closed-early' | 'no-live-upstreams', lines: number, last = 'a line'): Facts {
  return { 'nginx-log': nginxLogFact({ class: kind, lines, recentLines: lines, last }) };
}

describe('the fast proof of pooled upstreams', () => {
  it('holds when opens per request fell by 80 %', () => {
    const verdict = fast.judge(PLAN, load(4035, 4022), load(13, 11_443));
    expect(verdict.outcome).toBe('proven');
    expect(verdict.statements[0]).toBe(
      'New outgoing connections: 4,035 → 13/s at 4,022 → 11,443 requests/s: 1 → 0.0011 per request.',
    );
  });

  it('does not hold when the load alone fell', () => {
    expect(fast.judge(PLAN, load(4000, 4000), load(400, 400)).outcome).toBe('not_proven');
  });

  it('holds when the load rose and opens per request fell', () => {
    expect(fast.judge(PLAN, load(100, 100), load(100, 1000)).outcome).toBe('proven');
  });

  it('holds when there was nothing to fall, or nothing is left, but not when little stays the same', () => {
    expect(fast.judge(PLAN, load(3, 50), load(4, 50)).outcome).toBe('proven');
    expect(fast.judge(PLAN, load(5, 10), load(0.9, 4)).outcome).toBe('proven');
    expect(fast.judge(PLAN, load(6, 100), load(4, 100)).outcome).toBe('not_proven');
    expect(fast.judge(PLAN, load(0, 100), load(0, 100)).outcome).toBe('proven');
  });

  it('says that requests were not measured when they were not', () => {
    const verdict = fast.judge(PLAN, load(4035), load(13));
    expect(verdict.outcome).toBe('proven');
    expect(verdict.statements[0]).toContain('Requests were not measured');
  });

  it('does not hold without a measurement', () => {
    expect(fast.judge(PLAN, load(4035), { 'nginx-process': runningNginx() }).outcome).toBe('not_proven');
  });

  it('does not hold when the master is another one, and finds harm when none is left', () => {
    const gone: Facts = { ...load(13), 'nginx-process': { masters: [] } };
    expect(fast.judge(PLAN, load(4035), gone).outcome).toBe('harmful');
    expect(fast.judge(PLAN, { ...load(4035), 'nginx-process': { masters: [] } }, gone).outcome).toBe('not_proven');
    const { 'nginx-process': _, ...unread } = load(13);
    expect(fast.judge(PLAN, load(4035), unread)).toMatchObject({
      outcome: 'not_proven',
      statements: expect.arrayContaining(['Whether nginx runs could not be read.']),
    });
    const other = runningNginx().masters.map((master) => ({ ...master, pid: 999 }));
    const replaced: Facts = { ...load(13), 'nginx-process': { masters: other } };
    expect(fast.judge(PLAN, load(4035), replaced).outcome).toBe('not_proven');
  });

  it('finds harm in new upstream errors, with their number, although opens fell', () => {
    const verdict = fast.judge(
      PLAN,
      { ...load(4035), ...log('no-live-upstreams', 1) },
      {
        ...load(13),
        ...log('upstream-closed-early', 3, 'upstream prematurely closed connection'),
      },
    );
    expect(verdict.outcome).toBe('harmful');
    expect(verdict.statements.at(-1)).toBe(
      '3 new upstream errors in the error log, none in the 10 min before; the last: upstream prematurely closed connection',
    );
  });

  it('is not disturbed by errors that were there before', () => {
    const before = { ...load(4035), ...log('upstream-closed-early', 3) };
    expect(fast.judge(PLAN, before, { ...load(13), ...log('upstream-closed-early', 3) }).outcome).toBe('proven');
    expect(fast.judge(PLAN, before, { ...load(13), ...log('upstream-closed-early', 4, 'one more') }).outcome).toBe(
      'proven',
    );
  });
});

describe('the proof of a shorter idle time', () => {
  const order: HostPlan = { ...PLAN, basis: { purpose: 'idle timeouts' } };

  it('rests on the error log and the master, since opens need not fall', () => {
    const before = { ...load(20, 100), ...log('upstream-closed-early', 50) };
    expect(fast.judge(order, before, { ...load(22, 100), ...log('upstream-closed-early', 50) }).outcome).toBe('proven');
    const worse = { ...load(22, 100), ...log('upstream-closed-early', 90, 'a new line') };
    expect(fast.judge(order, before, worse).outcome).toBe('harmful');
    expect(slow?.judge(order, before, worse).outcome).toBe('harmful');
  });
});

describe('the slow proof of pooled upstreams', () => {
  const sockets = (backendClosed: number, nginxClosed: number): Facts => ({
    sockets: socketsFact([
      acceptedGroup('TIME-WAIT', '127.0.0.1:8080', backendClosed),
      connectedGroup('TIME-WAIT', '::1:8081', nginxClosed),
      acceptedGroup('TIME-WAIT', '10.99.0.2:80', 9999),
    ]),
  });

  it('holds when the TIME_WAIT of the backends are down to what was predicted', () => {
    const verdict = slow?.judge(PLAN, sockets(37_222, 35), sockets(0, 198));
    expect(verdict?.outcome).toBe('proven');
    expect(verdict?.statements[0]).toBe(
      '37,257 → 198 TIME_WAIT of these backends (0 closed by them, 198 by nginx), predicted under 800.',
    );
  });

  it('does not hold above it', () => {
    expect(slow?.judge(PLAN, sockets(37_222, 35), sockets(10, 900)).outcome).toBe('not_proven');
    expect(slow?.judge(PLAN, sockets(37_222, 35), {}).outcome).toBe('not_proven');
  });
});
