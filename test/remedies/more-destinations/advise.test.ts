import { describe, expect, it } from 'vitest';
import { moreDestinationsRemedy } from '../../../src/remedies/more-destinations/index.ts';
import { connectedGroup, nginxLogFact, socketsFact, sysctlFact } from '../../helpers/network-facts.ts';
import { planInput } from '../../helpers/planning.ts';

const { plan } = moreDestinationsRemedy;
const sysctl = sysctlFact();

describe('more destinations', () => {
  it('are advice with the numbers and the exact lines, never a change', () => {
    const sockets = socketsFact([connectedGroup('TIME-WAIT', '10.0.0.5:8080', 26_000, '10.0.0.1')]);
    const planned = plan(planInput({ sysctl, sockets }));
    if (planned.kind !== 'advice') throw new Error(planned.kind);
    expect(planned.text).toContain('each such triple has 28,232 of its own, which carry 470 new connections/s');
    expect(planned.text).toContain('10.0.0.1 to 10.0.0.5:8080: 26,000 of 28,232 ports held.');
    expect(planned.text).toContain('    server 10.0.0.5:8080;\n    server 10.0.0.5:8081;');
    expect(planned.text).toContain('proxy_bind $source_address;');
  });

  it('name the destination that nginx was refused a port to, IPv6 and the last port included', () => {
    const sockets = socketsFact([
      {
        direction: 'connected',
        state: 'ESTAB',
        local: { address: 'fd00::1', port: null },
        peer: { address: 'fd00::5', port: 65_535 },
        sockets: 2,
      },
    ]);
    const log = nginxLogFact({
      class: 'address-not-available',
      lines: 1,
      recentLines: 1,
      last: '2026/11/23 03:12:05 [crit] connect() to [fd00::5]:65535 failed (99: Cannot assign requested address)',
    });
    const planned = plan(planInput({ sysctl, sockets, 'nginx-log': log }));
    expect(planned).toMatchObject({
      kind: 'advice',
      text: expect.stringContaining('server [fd00::5]:65535;\n    server [fd00::5]:65534;'),
    });
  });

  it('are not needed when no destination runs short, and not judged without facts', () => {
    expect(plan(planInput({ sysctl, sockets: socketsFact([]) })).kind).toBe('nothing');
    expect(plan(planInput({ sysctl })).kind).toBe('refused');
  });
});
