import { describe, expect, it, onTestFinished } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import { type ProbeId, probeById } from '../../../src/probes/registry.ts';
import { planReservation } from '../../../src/remedies/reserve-service-ports/plan.ts';
import { judgeReservation } from '../../../src/remedies/reserve-service-ports/verify.ts';
import { writtenBy } from '../../helpers/planning.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../../helpers/network-namespace.ts';

function read(host: NetworkNamespace, ids: readonly ProbeId[]): Facts {
  const facts = ids.map((id) => {
    const probe = probeById(id);
    const ran = host.run(probe.command({ sudo: false, intervalSeconds: 1 }).argv);
    const parsed = probe.parse({ ...ran, droppedBytes: 0 });
    if (!parsed.ok) throw new Error(parsed.reason);
    return [id, parsed.fact];
  });
  return Object.fromEntries(facts);
}

describe('a reservation on a real kernel', () => {
  it('reads back as planned, is skipped by connect(), and does not evict who was there before', async () => {
    const host = createNetworkNamespace();
    onTestFinished(() => host[Symbol.asyncDispose]());
    host.run([
      'sh',
      '-c',
      'cd /proc/sys/net/ipv4 && echo 8080 8099 >ip_local_port_range && echo 8095 >ip_local_reserved_ports',
    ]);
    const services = [8081, 8082, 8084].map((port) => ({ host: '127.0.0.2', port }));
    await host.play({
      listen: [...services, { host: '127.0.0.1', port: 9090 }],
      connect: [{ host: '127.0.0.1', port: 9090, localAddress: '127.0.0.1', localPort: 8084 }],
    });
    const before = read(host, ['sysctl', 'listeners', 'sockets']);
    const planned = planReservation({
      host: asHostName('web-1'),
      facts: { ...before, 'sysctl-files': { entries: [], ownDropIn: null, unreadableFiles: [], rewriters: [] } },
      changeId: '41-1',
    });
    if (planned.kind !== 'change') throw new Error(planned.reason);
    const [sysctl] = planned.plan.actions;
    const list = writtenBy(planned.plan, 'sysctl') ?? '';
    expect(sysctl).toMatchObject({ before: '8095', after: '8081-8082,8084,8095' });

    host.run(['sh', '-c', 'echo "$1" >/proc/sys/net/ipv4/ip_local_reserved_ports', 'sh', list]);
    await host.play({ connect: Array.from({ length: 14 }, () => ({ host: '127.0.0.1', port: 9090 })) });
    const after = {
      ...read(host, ['sysctl', 'sockets']),
      'sysctl-files': {
        entries: [],
        ownDropIn: writtenBy(planned.plan, 'file') ?? null,
        unreadableFiles: [],
        rewriters: [],
      },
    };
    const verdict = judgeReservation(planned.plan, before, after);
    expect(verdict.outcome).toBe('proven');
    expect(verdict.statements.at(-1)).toContain('after: 127.0.0.1:8084 to 127.0.0.1:9090 (ESTAB).');
    const sources = host
      .run(['ss', '-Htn', 'dst', '127.0.0.1:9090'])
      .stdout.trim()
      .split('\n')
      .map((line) => Number(/:(\d+)\s/.exec(line)?.[1]));
    expect(sources).toHaveLength(15);
    expect(sources.filter((port) => [8081, 8082, 8095].includes(port))).toEqual([]);
  });
});
