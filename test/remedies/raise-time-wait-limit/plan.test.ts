import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/probes/registry.ts';
import { planRaise } from '../../../src/remedies/raise-time-wait-limit/plan.ts';
import { judgeCount, judgeOverflow } from '../../../src/remedies/raise-time-wait-limit/verify.ts';
import { sysctlFact, sysctlFilesFact } from '../../helpers/network-facts.ts';
import { planInput, planOf } from '../../helpers/planning.ts';

const KEY = 'net.ipv4.tcp_max_tw_buckets';

function counters(TW: number, TCPTimeWaitOverflow: number): NonNullable<Facts['tcp-counters']> {
  return { intervalSeconds: 5, totals: {}, perSecond: { TW, TCPTimeWaitOverflow }, currentlyEstablished: 3 };
}

function facts(limit: number, kept: number, dropped: number, file?: string): Facts {
  const entries = file === undefined ? [] : [{ file, line: 4, key: KEY, value: String(limit) }];
  return {
    sysctl: sysctlFact({ tcpMaxTwBuckets: limit }),
    'sysctl-files': sysctlFilesFact({ entries }),
    'tcp-counters': counters(kept, dropped),
  };
}

describe('raising the limit of TIME_WAIT sockets', () => {
  it('makes room for what the traffic makes in 60 s, with headroom, and wants it confirmed', () => {
    const { actions, predicted, confirm, risks } = planOf(planRaise(planInput(facts(5000, 83, 1500))));
    expect(actions).toMatchObject([
      { kind: 'sysctl', key: KEY, before: '5000', after: '262144' },
      { kind: 'file', after: expect.stringContaining(`${KEY} = 262144\n`) },
    ]);
    expect(predicted[0]).toBe('1,500 → 0 TIME_WAIT sockets/s dropped for the limit, at once.');
    expect(predicted[1]).toContain('rises, to about 94,980 within 75 s');
    expect(confirm).toEqual([expect.stringContaining('up to 67.1 MB of kernel memory')]);
    expect(risks[0]).toContain('at the limit 67.1 MB, until now 1.3 MB');
  });

  it('never goes below 65,536, and at least doubles a limit that overflows', () => {
    expect(planOf(planRaise(planInput(facts(5000, 1, 1)))).actions[0]).toMatchObject({ after: '65536' });
    expect(planOf(planRaise(planInput(facts(65_536, 10, 1)))).actions[0]).toMatchObject({ after: '131072' });
  });

  it('takes back a limit that a file sets too low, before anything is dropped', () => {
    const { actions, predicted, risks } = planOf(planRaise(planInput(facts(5000, 10, 0, '/etc/sysctl.d/10-t.conf'))));
    expect(actions).toMatchObject([{ after: '65536' }, { kind: 'file' }]);
    expect(predicted[0]).toContain('None is dropped for the limit of 5,000 now');
    expect(risks.join(' ')).toContain('wins over /etc/sysctl.d/10-t.conf:4');
  });

  it('leaves a later file to a person', () => {
    const { actions, risks } = planOf(planRaise(planInput(facts(5000, 10, 100, '/etc/sysctl.conf'))));
    expect(actions).toHaveLength(1);
    expect(risks.join(' ')).toContain(`/etc/sysctl.conf:4 sets ${KEY} = 5000 at boot`);
  });

  it('has nothing to do when nothing is dropped', () => {
    expect(planRaise(planInput(facts(131_072, 800, 0))).kind).toBe('nothing');
    expect(planRaise(planInput(facts(4096, 10, 0)))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('the limit of 4,096'),
    });
  });

  it('is refused where 256 MiB would not do, where it cannot be written, and without facts', () => {
    expect(planRaise(planInput(facts(262_144, 10_000, 20_000)))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('pool connections first'),
    });
    expect(planRaise(planInput(facts(1_048_576, 10, 1))).kind).toBe('refused');
    const readOnly = { ...facts(5000, 1, 1), sysctl: sysctlFact({ tcpMaxTwBuckets: 5000, readOnly: true }) };
    expect(planRaise(planInput(readOnly)).kind).toBe('refused');
    expect(planRaise(planInput({ sysctl: sysctlFact() })).kind).toBe('refused');
  });

  it('keeps what was approved while it still holds the traffic, and asks anew when it does not', () => {
    const plan = planOf(planRaise(planInput(facts(5000, 83, 500))));
    expect(plan.actions[0]).toMatchObject({ after: '65536' });
    expect(planOf(planRaise(planInput(facts(5000, 83, 900), plan))).actions).toEqual(plan.actions);
    expect(planOf(planRaise(planInput(facts(5000, 83, 0), plan))).actions).toEqual(plan.actions);
    expect(planOf(planRaise(planInput(facts(5000, 83, 1200), plan))).actions).not.toEqual(plan.actions);
  });

  it('never lowers the limit', () => {
    const rate = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000 }), rate, rate, (limit, kept, dropped) => {
        const planned = planRaise(planInput(facts(limit, kept, dropped, '/etc/sysctl.d/10-t.conf')));
        if (planned.kind !== 'change') return;
        for (const action of planned.plan.actions) {
          const after = action.kind === 'sysctl' ? Number(action.after) : Number.POSITIVE_INFINITY;
          expect(after).toBeGreaterThan(limit);
          expect(after).toBeGreaterThanOrEqual((kept + dropped) * 60);
        }
      }),
    );
  });

  it('is proven when nothing is dropped any more, at first and when the count has reached its level', () => {
    const before = facts(5000, 83, 1500);
    const plan = planOf(planRaise(planInput(before)));
    const ownDropIn = plan.actions[1]?.kind === 'file' ? plan.actions[1].after : null;
    const after: Facts = {
      ...facts(262_144, 1583, 0),
      'sysctl-files': sysctlFilesFact({ ownDropIn }),
    };
    expect(judgeOverflow(plan, before, after).outcome).toBe('proven');
    expect(judgeOverflow(plan, before, before).outcome).toBe('not_proven');
    expect(judgeCount(plan, before, after).statements[0]).toBe(
      '1,500/s → 0/s TIME_WAIT sockets dropped for the limit.',
    );
    expect(judgeCount(plan, before, { 'tcp-counters': counters(1, 2) }).outcome).toBe('not_proven');
    expect(judgeCount(plan, before, {}).outcome).toBe('not_proven');
  });
});
