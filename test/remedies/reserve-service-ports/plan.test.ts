import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import { containsRanges, formatPortRanges, parsePortRanges, rangesOfPorts } from '../../../src/probes/port-ranges.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import type { SysctlFact } from '../../../src/probes/sysctl/fact.ts';
import { planReservation } from '../../../src/remedies/reserve-service-ports/plan.ts';
import type { HostPlan } from '../../../src/remedies/remedy.ts';
import {
  listenersFact,
  nginxConfigFact,
  portHolder,
  socketsFact,
  sysctlFact,
  sysctlFilesFact,
} from '../../helpers/network-facts.ts';
import { writtenBy } from '../../helpers/planning.ts';

const KEY = 'net.ipv4.ip_local_reserved_ports';
const DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';

function settings(low: number, high: number, reserved = ''): SysctlFact {
  return sysctlFact({
    localPortRange: { low, high },
    reservedPortsText: reserved,
    reservedPorts: parsePortRanges(reserved) ?? [],
  });
}

const FACTS = {
  sysctl: settings(1024, 65_535),
  listeners: listenersFact('127.0.0.1:8080', '127.0.0.1:8082', '0.0.0.0:80'),
  'sysctl-files': sysctlFilesFact(),
  'nginx-config': nginxConfigFact(['127.0.0.1:8080', '127.0.0.1:8081']),
  sockets: socketsFact([]),
} satisfies Facts;

function plan(changes: Facts = {}) {
  return planReservation({ host: asHostName('web-1'), facts: { ...FACTS, ...changes }, changeId: '41-1' });
}

function change(changes: Facts = {}): HostPlan {
  const planned = plan(changes);
  if (planned.kind !== 'change') throw new Error(planned.reason);
  return planned.plan;
}

describe('reserving service ports', () => {
  it('reserves what listens and what nginx names but is down, at runtime and at boot', () => {
    const { actions, predicted, proof, basis } = change();
    expect(actions).toEqual([
      { kind: 'sysctl', key: KEY, before: '', after: '8080-8082' },
      {
        kind: 'file',
        path: DROP_IN,
        before: null,
        after:
          '# Written by Countersign. Each setting names the change that made it; undo restores what was here before.\n' +
          '# Change 41-1: service ports that automatic port assignment skips\n' +
          `${KEY} = 8080-8082\n`,
      },
    ]);
    expect(predicted[0]).toBe(
      'New outgoing connections skip 8080-8082; 64,509 of the 64,512 ports of 1024-65535 stay free for them.',
    );
    expect(proof[0]).toBe(`${KEY} reads back as 8080-8082.`);
    expect(basis).toEqual({
      localPortRange: '1024-65535',
      reservedPorts: '',
      servicePorts: '8080-8082',
      bootSettings: [],
    });
  });

  it('keeps what was reserved before: writing replaces the whole list', () => {
    const { actions, predicted } = change({ sysctl: settings(1024, 65_535, '7005,8001-8080') });
    expect(actions[0]).toMatchObject({ before: '7005,8001-8080', after: '7005,8001-8082' });
    expect(predicted.join(' ')).toContain('reserved so far (7005,8001-8080) stay reserved');
  });

  it('keeps other keys and comments of its own drop-in', () => {
    const ownDropIn =
      '# ours\nnet.ipv4.tcp_tw_reuse = 1\n# Change 12-1: service ports that automatic port assignment skips\n-net/ipv4/ip_local_reserved_ports = 9000\n\n';
    const entries = [{ file: DROP_IN, line: 4, key: KEY, value: '9000' }];
    const { actions } = change({
      'sysctl-files': sysctlFilesFact({ ownDropIn, entries }),
      sysctl: settings(1024, 65_535, '9000'),
    });
    expect(actions[1]).toMatchObject({
      before: ownDropIn,
      after: `# ours\nnet.ipv4.tcp_tw_reuse = 1\n# Change 41-1: service ports that automatic port assignment skips\n${KEY} = 8080-8082,9000\n`,
    });
  });

  it.each(['/etc/sysctl.d/99-tuning.conf', '/etc/sysctl.conf', '/usr/lib/sysctl.d/61-vendor.conf'])(
    'leaves the drop-in out when %s would win at boot, and says what to put there',
    (file) => {
      const { actions, risks, predicted } = change({
        'sysctl-files': sysctlFilesFact({ entries: [{ file, line: 3, key: KEY, value: '9000' }] }),
      });
      expect(actions.map(({ kind }) => kind)).toEqual(['sysctl']);
      expect(risks.join(' ')).toContain(`${file}:3 sets the list at boot`);
      expect(risks.join(' ')).toContain(`put "${KEY} = 8080-8082" there`);
      expect(predicted.join(' ')).not.toContain('after a restart');
    },
  );

  it('is not disturbed by an earlier file, but says what it replaces', () => {
    const entries = [{ file: '/etc/sysctl.d/10-old.conf', line: 1, key: KEY, value: '5000' }];
    const { actions, risks } = change({ 'sysctl-files': sysctlFilesFact({ entries }) });
    expect(actions.map(({ kind }) => kind)).toEqual(['sysctl', 'file']);
    expect(risks.join(' ')).toContain('replaces the list of /etc/sysctl.d/10-old.conf:1 (5000)');
  });

  it('writes no drop-in when a file reserves the ports at boot already', () => {
    const entries = [{ file: '/etc/sysctl.d/99-tuning.conf', line: 1, key: KEY, value: '8000-8999' }];
    const { actions, predicted, risks } = change({ 'sysctl-files': sysctlFilesFact({ entries }) });
    expect(actions.map(({ kind }) => kind)).toEqual(['sysctl']);
    expect(predicted.join(' ')).toContain('after a restart');
    expect(risks).toHaveLength(1);
  });

  it('writes only the drop-in when the ports are reserved until the next restart', () => {
    const { actions } = change({ sysctl: settings(1024, 65_535, '8080-8082') });
    expect(actions).toMatchObject([{ kind: 'file', path: DROP_IN }]);
  });

  it('names the connections that it will not evict', () => {
    const { risks } = change({ sockets: socketsFact([], { holders: [portHolder(8081, 9090), portHolder(9999, 1)] }) });
    expect(risks[0]).toContain('Not evicted: 127.0.0.1:8081 to 127.0.0.1:9090 (ESTAB).');
    expect(risks.join(' ')).not.toContain('9999');
  });

  it('plans the same actions on the same basis while sockets come and go', () => {
    const busy = change({ sockets: socketsFact([], { holders: [portHolder(8081, 9090)] }) });
    expect({ actions: busy.actions, basis: busy.basis }).toEqual({ actions: change().actions, basis: change().basis });
  });

  it('has nothing to do when no service port is in the range', () => {
    expect(plan({ sysctl: settings(32_768, 60_999) })).toEqual({
      kind: 'nothing',
      reason: 'None of the 4 service ports lies in 32768-60999; nothing to reserve.',
    });
  });

  it('has nothing to do when everything is reserved, now and at boot', () => {
    const ownDropIn = `${KEY} = 8080-8082\n`;
    const entries = [{ file: DROP_IN, line: 1, key: KEY, value: '8080-8082' }];
    expect(
      plan({ sysctl: settings(1024, 65_535, '8080-8082'), 'sysctl-files': sysctlFilesFact({ ownDropIn, entries }) }),
    ).toMatchObject({
      kind: 'nothing',
      reason: '8080-8082 are reserved already, at runtime and at boot.',
    });
  });

  it('has nothing to do itself when only another file has to be edited, and says which', () => {
    const entries = [{ file: '/etc/sysctl.d/99-tuning.conf', line: 7, key: KEY, value: '9000' }];
    const planned = plan({ sysctl: settings(1024, 65_535, '8080-8082'), 'sysctl-files': sysctlFilesFact({ entries }) });
    expect(planned).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('/etc/sysctl.d/99-tuning.conf:7'),
    });
  });

  it('refuses to leave fewer than 10,000 free ports', () => {
    expect(plan({ sysctl: settings(1024, 11_024) })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('under 10,000'),
    });
    expect(plan({ sysctl: settings(1024, 11_026) })).toMatchObject({ kind: 'change' });
  });

  it('still works in a range that is narrow already', () => {
    expect(change({ sysctl: settings(8000, 8999) }).actions[0]).toMatchObject({ after: '8080-8082' });
  });

  it('refuses to reserve most of a range', () => {
    expect(plan({ sysctl: settings(8080, 8084) })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('more than half'),
    });
    expect(plan({ sysctl: settings(8080, 8085) })).toMatchObject({ kind: 'change' });
  });

  it('refuses without the facts it stands on', () => {
    expect(planReservation({ host: asHostName('web-1'), facts: { sysctl: FACTS.sysctl }, changeId: '41-1' }).kind).toBe(
      'refused',
    );
  });

  it('never drops a reserved port, never reserves twice, and leaves nothing to do once applied', () => {
    const port = fc.integer({ min: 1024, max: 65_535 });
    const ports = fc.uniqueArray(port, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(ports, ports, (services, reserved) => {
        const before = formatPortRanges(rangesOfPorts(reserved));
        const facts = {
          sysctl: settings(1024, 65_535, before),
          listeners: listenersFact(...services.map((each) => `127.0.0.1:${each}`)),
          'sysctl-files': sysctlFilesFact(),
        };
        const planned = planReservation({ host: asHostName('web-1'), facts, changeId: '41-1' });
        if (planned.kind !== 'change') throw new Error(planned.reason);
        const text = writtenBy(planned.plan, 'sysctl') ?? before;
        const list = parsePortRanges(text) ?? [];
        expect(containsRanges(list, rangesOfPorts([...services, ...reserved]))).toBe(true);
        expect(containsRanges(rangesOfPorts([...services, ...reserved]), list)).toBe(true);
        const ownDropIn = writtenBy(planned.plan, 'file') ?? '';
        const value = /^net\.ipv4\.ip_local_reserved_ports = (.*)$/m.exec(ownDropIn)?.[1] ?? '';
        const again = planReservation({
          host: asHostName('web-1'),
          facts: {
            ...facts,
            sysctl: settings(1024, 65_535, text),
            'sysctl-files': sysctlFilesFact({ ownDropIn, entries: [{ file: DROP_IN, line: 3, key: KEY, value }] }),
          },
          changeId: '41-2',
        });
        expect(again.kind).toBe('nothing');
      }),
    );
  });

  it('warns of programs that may write the list again, and is refused where nothing can be written', () => {
    const rewriters = [{ program: 'Ansible', sign: 'the header of /etc/sysctl.d/20-net.conf' }];
    expect(change({ 'sysctl-files': sysctlFilesFact({ rewriters }) }).risks.join(' ')).toContain('Ansible writes');
    expect(plan({ sysctl: { ...FACTS.sysctl, readOnly: true } })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('/proc/sys is mounted read-only here'),
    });
  });
});
