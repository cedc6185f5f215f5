import { describe, expect, it, onTestFinished } from 'vitest';
import type { Probe } from '../../src/probes/probe.ts';
import { type FactTypes, type ProbeId, probeById } from '../../src/probes/registry.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../helpers/network-namespace.ts';

function namespace(): NetworkNamespace {
  const made = createNetworkNamespace();
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

function ask<Id extends ProbeId>(host: NetworkNamespace, id: Id): FactTypes[Id] {
  const probe: Probe<Id, FactTypes[Id]> = probeById(id);
  const ran = host.run(probe.command({ sudo: false, intervalSeconds: 0.2 }).argv);
  const parsed = probe.parse({ ...ran, droppedBytes: 0 });
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

describe('the probes in a network namespace of their own', () => {
  it('read the settings that are in force there', () => {
    const host = namespace();
    host.run([
      'sh',
      '-c',
      'cd /proc/sys/net/ipv4 && echo 1024 65535 >ip_local_port_range && echo 9000,8080-8082 >ip_local_reserved_ports && echo 0 >tcp_tw_reuse',
    ]);
    expect(ask(host, 'sysctl')).toMatchObject({
      localPortRange: { low: 1024, high: 65_535 },
      reservedPortsText: '8080-8082,9000',
      reservedPorts: [
        { low: 8080, high: 8082 },
        { low: 9000, high: 9000 },
      ],
      tcpTwReuse: 0,
      tcpTimestamps: 1,
    });
  });

  it('name listeners with their processes and the addresses of the host', async () => {
    const host = namespace();
    await host.play({
      listen: [
        { host: '127.0.0.1', port: 8080 },
        { host: '::', port: 9000 },
      ],
    });
    const { listeners, hostAddresses } = ask(host, 'listeners');
    expect(listeners.map(({ address, port }) => `${address} ${port}`)).toEqual(['127.0.0.1 8080', '* 9000']);
    expect(
      listeners.every(({ processes, acceptQueueLimit }) => processes?.length === 1 && acceptQueueLimit === 511),
    ).toBe(true);
    expect(hostAddresses).toEqual(['127.0.0.1', '::1']);
  });

  it('count what the kernel counted between two samples', async () => {
    const host = namespace();
    await host.play({
      listen: [{ host: '127.0.0.1', port: 8080 }],
      connect: [
        { host: '127.0.0.1', port: 8080 },
        { host: '127.0.0.1', port: 8080 },
      ],
    });
    const fact = ask(host, 'tcp-counters');
    expect(fact.totals).toMatchObject({ ActiveOpens: 2, PassiveOpens: 2 });
    expect(fact.perSecond).toMatchObject({ ActiveOpens: 0 });
    expect(fact.currentlyEstablished).toBe(4);
    expect(fact.intervalSeconds).toBeGreaterThan(0);
  });

  it('agree on the totals', async () => {
    const host = namespace();
    await host.play({ listen: [{ host: '127.0.0.1', port: 8080 }], connect: [{ host: '127.0.0.1', port: 8080 }] });
    expect(ask(host, 'sockstat')).toMatchObject({ timeWaitSockets: 0, inUseSockets: 3 });
    expect(ask(host, 'socket-summary')).toEqual({ establishedSockets: 2, timeWaitSockets: 0 });
  });

  it('name the namespace they run in', () => {
    const host = namespace();
    expect(ask(host, 'network-namespace').own).toBe(host.run(['readlink', '/proc/self/ns/net']).stdout.trim());
  });

  it('name the kernel', () => {
    const { release, major } = ask(namespace(), 'kernel');
    expect(release.startsWith(`${major}.`)).toBe(true);
  });
});
