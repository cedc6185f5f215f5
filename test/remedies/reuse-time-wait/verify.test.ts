import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/probes/registry.ts';
import { planReuse } from '../../../src/remedies/reuse-time-wait/plan.ts';
import { judgeReuse } from '../../../src/remedies/reuse-time-wait/verify.ts';
import { connectedGroup, nginxLogFact, socketsFact, sysctlFact, sysctlFilesFact } from '../../helpers/network-facts.ts';
import { planInput, planOf } from '../../helpers/planning.ts';
import { withDropIn } from '../../helpers/sysctl-host.ts';

const before: Facts = {
  sysctl: sysctlFact(),
  'sysctl-files': sysctlFilesFact(),
  sockets: socketsFact([connectedGroup('TIME-WAIT', '10.0.0.5:8080', 20_000, '10.0.0.1')]),
  'tcp-counters': counters(0),
};
const plan = planOf(planReuse(planInput(before)));

function counters(TWRecycled: number): NonNullable<Facts['tcp-counters']> {
  return { intervalSeconds: 5, totals: {}, perSecond: { TWRecycled, ActiveOpens: 400 }, currentlyEstablished: 3 };
}

function measured(changes: Facts = {}): Facts {
  return withDropIn(
    { ...before, sysctl: sysctlFact({ tcpTwReuse: 1 }), 'tcp-counters': counters(350), ...changes },
    plan.actions,
  );
}

describe('proving that ports are taken over', () => {
  it('needs the setting, ports that were taken over, and no refusals', () => {
    expect(judgeReuse(plan, before, measured())).toEqual({
      outcome: 'proven',
      statements: [
        'net.ipv4.tcp_tw_reuse reads back as 1.',
        '/etc/sysctl.d/60-countersign-net.conf reads back as written.',
        '0/s → 350/s ports taken over from TIME_WAIT at 400 new connections/s.',
        'The error log of nginx could not be read.',
      ],
    });
  });

  it.each<[string, Facts, string]>([
    ['the setting is another one', { sysctl: sysctlFact() }, 'reads back as 2, not 1'],
    ['no port was taken over', { 'tcp-counters': counters(0) }, 'none was needed, or none could be'],
    [
      'nginx is still refused ports',
      {
        'nginx-log': nginxLogFact({
          class: 'address-not-available',
          lines: 1,
          recentLines: 1,
          last: '2026/11/23 03:12:05 [crit] connect() to 10.0.0.5:8080 failed (99: Cannot assign requested address)',
        }),
      },
      'nginx is still refused local ports',
    ],
  ])('fails when %s', (_name, changes, words) => {
    const verdict = judgeReuse(plan, before, measured(changes));
    expect(verdict.outcome).toBe('not_proven');
    expect(verdict.statements.join(' ')).toContain(words);
  });

  it('fails when the counters are missing', () => {
    const { 'tcp-counters': _, ...uncounted } = measured();
    expect(judgeReuse(plan, before, uncounted)).toMatchObject({
      outcome: 'not_proven',
      statements: expect.arrayContaining(['The ports that were taken over could not be counted.']),
    });
  });
});
