import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/probes/registry.ts';
import { stopTimeWaitRecyclingRemedy } from '../../../src/remedies/stop-time-wait-recycling/index.ts';
import { sysctlFact, sysctlFilesFact } from '../../helpers/network-facts.ts';
import { planInput, planOf } from '../../helpers/planning.ts';

const KEY = 'net.ipv4.tcp_tw_recycle';
const {
  plan,
  proofs: [{ judge }],
} = stopTimeWaitRecyclingRemedy;

function counters(PAWSPassive: number): NonNullable<Facts['tcp-counters']> {
  return { intervalSeconds: 5, totals: {}, perSecond: { PAWSPassive }, currentlyEstablished: 3 };
}

/** A kernel before 4.12, as the recorded samples have none. */
function facts(tcpTwRecycle: number | null, file?: string, value = '1'): Facts {
  const entries = file === undefined ? [] : [{ file, line: 12, key: KEY, value }];
  return {
    sysctl: sysctlFact({ tcpTwRecycle }),
    'sysctl-files': sysctlFilesFact({ entries }),
    'tcp-counters': counters(14),
  };
}

describe('stopping TIME_WAIT recycling', () => {
  it('turns it off at runtime; at boot off is the default, so no line is written', () => {
    const { actions, predicted, targets } = planOf(plan(planInput(facts(1))));
    expect(actions).toEqual([{ kind: 'sysctl', key: KEY, before: '1', after: '0' }]);
    expect(predicted[0]).toContain('14 → 0 connection requests/s');
    expect(predicted[1]).toContain('after a restart');
    expect(targets).toEqual({ pawsPassivePerSecond: 0 });
  });

  it('writes the drop-in when an earlier file turns it on at boot, also when it is off now', () => {
    for (const value of [0, 1]) {
      const { actions } = planOf(plan(planInput(facts(value, '/etc/sysctl.d/10-tuning.conf'))));
      expect(actions.at(-1)).toMatchObject({ kind: 'file', after: expect.stringContaining(`${KEY} = 0\n`) });
      expect(actions).toHaveLength(value + 1);
    }
  });

  it('says which later line has to go by hand', () => {
    const { actions, risks, predicted } = planOf(plan(planInput(facts(1, '/etc/sysctl.conf'))));
    expect(actions.map(({ kind }) => kind)).toEqual(['sysctl']);
    expect(risks.join(' ')).toContain('/etc/sysctl.conf:12 sets net.ipv4.tcp_tw_recycle = 1 at boot');
    expect(predicted.join(' ')).not.toContain('after a restart');
    expect(plan(planInput(facts(0, '/etc/sysctl.conf')))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('tcp_tw_recycle is 0 already. /etc/sysctl.conf:12 sets'),
    });
  });

  it('has nothing to do where the kernel has no such key, and names lines that are left over', () => {
    expect(plan(planInput(facts(null)))).toEqual({
      kind: 'nothing',
      reason: 'This kernel has no tcp_tw_recycle (removed in Linux 4.12).',
    });
    expect(plan(planInput(facts(null, '/etc/sysctl.conf')))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('/etc/sysctl.conf:12 can be removed by hand'),
    });
    expect(plan(planInput(facts(0)))).toMatchObject({ kind: 'nothing', reason: 'tcp_tw_recycle is 0 already.' });
  });

  it('is refused where it cannot be written or facts are missing', () => {
    expect(plan(planInput({ ...facts(1), sysctl: sysctlFact({ tcpTwRecycle: 1, readOnly: true }) })).kind).toBe(
      'refused',
    );
    expect(plan(planInput({ sysctl: sysctlFact() })).kind).toBe('refused');
  });

  it('is proven when it reads back and nothing is dropped any more', () => {
    const before = facts(1);
    const made = planOf(plan(planInput(before)));
    expect(judge(made, before, { ...facts(0), 'tcp-counters': counters(0) })).toEqual({
      outcome: 'proven',
      statements: [
        'net.ipv4.tcp_tw_recycle reads back as 0.',
        '14/s → 0/s connection requests dropped for their timestamps.',
      ],
    });
    expect(judge(made, before, { ...facts(0), 'tcp-counters': counters(3) }).outcome).toBe('not_proven');
    expect(judge(made, before, { ...facts(1), 'tcp-counters': counters(0) }).outcome).toBe('not_proven');
    expect(judge(made, before, {}).outcome).toBe('not_proven');
  });
});
