import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containsPort, containsRanges, parsePortRanges, rangesOfPorts } from '../../../src/probes/port-ranges.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import type { SysctlFact } from '../../../src/probes/sysctl/fact.ts';
import { planWidening } from '../../../src/remedies/widen-port-range/plan.ts';
import {
  connectedGroup,
  listenersFact,
  nginxConfigFact,
  socketsFact,
  sysctlFact,
  sysctlFilesFact,
} from '../../helpers/network-facts.ts';
import { planInput, planOf, writtenBy } from '../../helpers/planning.ts';

const RANGE = 'net.ipv4.ip_local_port_range';
const RESERVED = 'net.ipv4.ip_local_reserved_ports';

function facts(sysctl: Partial<SysctlFact> = {}, changes: Facts = {}): Facts {
  return {
    sysctl: sysctlFact(sysctl),
    'sysctl-files': sysctlFilesFact(),
    listeners: listenersFact('0.0.0.0:80', '127.0.0.1:8080', '127.0.0.1:11211', '0.0.0.0:27017'),
    sockets: socketsFact([connectedGroup('TIME-WAIT', '10.0.0.5:8080', 26_000, '10.0.0.1')]),
    ...changes,
  };
}

function range(low: number, high: number): Partial<SysctlFact> {
  return { localPortRange: { low, high } };
}

describe('widening the range of local ports', () => {
  it('reserves the service ports of the new range first, then widens, then writes both for the next restart', () => {
    const config = nginxConfigFact(['127.0.0.1:20001', '10.0.0.5:8080']);
    const { actions, predicted, risks, basis, targets } = planOf(
      planWidening(planInput(facts({}, { 'nginx-config': config }))),
    );
    expect(actions).toMatchObject([
      { kind: 'sysctl', key: RESERVED, before: '', after: '11211,20001,27017' },
      { kind: 'sysctl', key: RANGE, before: '32768 60999', after: '10240 65535' },
      { kind: 'file', path: '/etc/sysctl.d/60-countersign-net.conf', before: null },
    ]);
    expect(actions[2]).toMatchObject({
      after: expect.stringMatching(
        new RegExp(`${RESERVED} = 11211,20001,27017\n# Change 41-1: .*\n${RANGE} = 10240 65535\n$`),
      ),
    });
    expect(predicted[0]).toBe(
      '28,232 → 55,293 local ports to each destination: 470 → 921 new connections/s to one destination for ever, without reuse.',
    );
    expect(predicted[1]).toContain('26,000 held ports are 92 % of them now and 47 % then');
    expect(risks.join(' ')).toContain('rise from at most about 14,116 to 27,648 per source address and service port');
    expect(risks.join(' ')).toContain('NodePort');
    expect(targets).toEqual({ assignablePorts: 55_293 });
    expect(basis).toMatchObject({ servicePorts: '11211,20001,27017', destinations: ['10.0.0.1 to 10.0.0.5:8080'] });
  });

  it('keeps what was reserved before, and its place in the drop-in is its own', () => {
    const before = { reservedPortsText: '9000,40000', reservedPorts: rangesOfPorts([9000, 40_000]) };
    const { actions } = planOf(planWidening(planInput(facts(before))));
    expect(actions[0]).toMatchObject({ before: '9000,40000', after: '9000,11211,27017,40000' });
  });

  it('says nothing of NodePorts that were in the range before or are reserved', () => {
    expect(planOf(planWidening(planInput(facts(range(20_000, 40_001))))).risks.join(' ')).not.toContain('NodePort');
    const reserved = { reservedPortsText: '30000-32767', reservedPorts: [{ low: 30_000, high: 32_767 }] };
    expect(planOf(planWidening(planInput(facts(reserved)))).risks.join(' ')).not.toContain('NodePort');
  });

  it.each([
    ['65535 from 10240 on', range(32_768, 60_999), '10240 65535'],
    ['a low end that is kept when it is lower', range(8000, 30_000), '8000 65535'],
    ['an even high end beside an odd low one', range(8001, 30_000), '8001 65534'],
    ['a start above the privileged ports', { unprivilegedPortStart: 20_001 }, '20002 65535'],
  ])('proposes %s', (_name, sysctl, after) => {
    const { actions } = planOf(planWidening(planInput(facts(sysctl))));
    expect(actions.find((action) => action.kind === 'sysctl' && action.key === RANGE)).toMatchObject({ after });
  });

  it('refuses a range that begins at 1024, and one below the unprivileged ports', () => {
    expect(planWidening(planInput(facts(range(1024, 40_000))))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('a range from 1024 on is not offered'),
    });
    expect(planWidening(planInput(facts({ ...range(4000, 40_000), unprivilegedPortStart: 5000 })))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('below ip_unprivileged_port_start (5000)'),
    });
  });

  it('is refused where it cannot be written or facts are missing', () => {
    expect(planWidening(planInput(facts({ readOnly: true })))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('read-only'),
    });
    expect(planWidening(planInput({ sysctl: sysctlFact() })).kind).toBe('refused');
  });

  it('has nothing to do when the range is wide already, or no ports run short', () => {
    expect(planWidening(planInput(facts(range(10_240, 65_535)))).kind).toBe('nothing');
    expect(planWidening(planInput(facts({}, { sockets: socketsFact([]) })))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('wide enough'),
    });
  });

  it('writes no half of it for the next restart when a later file sets one of the keys', () => {
    const entries = [{ file: '/etc/sysctl.conf', line: 3, key: RESERVED, value: '9000' }];
    const { actions, risks, predicted } = planOf(
      planWidening(planInput(facts({}, { 'sysctl-files': sysctlFilesFact({ entries }) }))),
    );
    expect(actions.map(({ kind }) => kind)).toEqual(['sysctl', 'sysctl']);
    expect(risks.join(' ')).toContain('/etc/sysctl.conf:3 sets net.ipv4.ip_local_reserved_ports = 9000 at boot');
    expect(predicted.join(' ')).not.toContain('after a restart');
  });

  it('plans the same again while the load comes and goes', () => {
    const plan = planOf(planWidening(planInput(facts())));
    const again = planOf(planWidening(planInput(facts({}, { sockets: socketsFact([]) }), plan)));
    expect({ actions: again.actions, basis: again.basis }).toEqual({ actions: plan.actions, basis: plan.basis });
  });

  it('never loses a reserved port, never leaves a service port free to be taken, and only widens', () => {
    const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 40 });
    const low = fc.integer({ min: 1025, max: 40_000 });
    fc.assert(
      fc.property(ports, ports, low, fc.integer({ min: 2000, max: 20_000 }), (services, reserved, from, size) => {
        const old = rangesOfPorts(reserved);
        const planned = planWidening(
          planInput(
            facts(
              { ...range(from, from + size), reservedPorts: old, reservedPortsText: 'old' },
              { listeners: listenersFact(...services.map((port) => `0.0.0.0:${port}`)) },
            ),
          ),
        );
        if (planned.kind !== 'change') return;
        const wider = writtenBy(planned.plan, 'sysctl', RANGE) ?? '';
        const [first = 0, last = 0] = wider.split(' ').map(Number);
        expect(first).toBeLessThanOrEqual(from);
        expect(last).toBeGreaterThan(from + size);
        expect((first + last) % 2).toBe(1);
        const list = parsePortRanges(writtenBy(planned.plan, 'sysctl', RESERVED) ?? '') ?? [];
        const all = list.length === 0 ? old : list;
        expect(containsRanges(all, old)).toBe(true);
        const inside = services.filter((port) => port >= first && port <= last);
        expect(inside.every((port) => containsPort(all, port))).toBe(true);
      }),
    );
  });
});
