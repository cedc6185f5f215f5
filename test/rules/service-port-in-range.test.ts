import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { servicePortInRangeRule } from '../../src/rules/service-port-in-range.ts';
import {
  listenersFact,
  nginxConfigFact,
  nginxLogFact,
  portHolder,
  socketsFact,
  sysctlFact,
} from '../helpers/network-facts.ts';

const WIDE = sysctlFact({ localPortRange: { low: 1024, high: 65_535 } });
const CONFIG = nginxConfigFact(['127.0.0.1:8080', '127.0.0.1:8081']);

function judge(facts: Facts) {
  return servicePortInRangeRule.evaluate({ host: asHostName('web-1'), facts, thresholds: {}, at: 0 });
}

describe('service ports in the ephemeral range', () => {
  it('are a warning with port, owner, range and reserved list', () => {
    const [finding] = judge({
      sysctl: WIDE,
      listeners: listenersFact('127.0.0.1:8080', '0.0.0.0:80'),
      'nginx-config': CONFIG,
      sockets: socketsFact([]),
    });
    expect(finding).toMatchObject({ severity: 'warning', groupKey: 'service-port-in-range:8080-8081:false' });
    expect(finding?.explanation[0]).toBe(
      'Ports 8080-8081 lie in ip_local_port_range 1024-65535, from which the kernel takes the local ports of outgoing connections, and no port is reserved.',
    );
    expect(finding?.evidence.slice(0, 4)).toEqual([
      {
        label: 'Port 8080',
        value: 'listening, node (pid 8080), backend in /etc/nginx/conf.d/app.conf:2',
        source: 'ss -tlnp',
      },
      { label: 'Port 8081', value: 'not listening now, backend in /etc/nginx/conf.d/app.conf:3', source: 'nginx -T' },
      { label: 'Ephemeral range', value: '1024-65535', source: '/proc/sys/net/ipv4/ip_local_port_range' },
      { label: 'Reserved ports', value: 'none', source: '/proc/sys/net/ipv4/ip_local_reserved_ports' },
    ]);
  });

  it('are no finding when they are below the range or reserved', () => {
    const listeners = listenersFact('127.0.0.1:8080', '127.0.0.1:8081');
    expect(judge({ sysctl: sysctlFact(), listeners, 'nginx-config': CONFIG })).toEqual([]);
    const reserved = sysctlFact({
      ...WIDE,
      reservedPorts: [
        { low: 8080, high: 8081 },
        { low: 80, high: 80 },
      ],
      reservedPortsText: '80,8080-8081',
    });
    expect(judge({ sysctl: reserved, listeners, 'nginx-config': CONFIG })).toEqual([]);
  });

  it('are critical when an outgoing connection holds one, and name it', () => {
    const sockets = socketsFact([], { holders: [portHolder(8081, 9090), portHolder(9999, 9090)] });
    const [finding] = judge({
      sysctl: WIDE,
      listeners: listenersFact('127.0.0.1:8080'),
      'nginx-config': CONFIG,
      sockets,
    });
    expect(finding).toMatchObject({ severity: 'critical', title: 'A service port is taken by an outgoing connection' });
    expect(finding?.explanation[1]).toBe(
      '8080 belongs to node (backend in /etc/nginx/conf.d/app.conf:2) and 8081 belongs to a service that is not listening now (backend in /etc/nginx/conf.d/app.conf:3).',
    );
    expect(finding?.explanation[2]).toContain('127.0.0.1:8081 to 127.0.0.1:9090 (ESTAB) occupies');
    expect(finding?.evidence).toContainEqual({
      label: 'Holds port 8081',
      value: '127.0.0.1:8081 to 127.0.0.1:9090 (ESTAB)',
      source: 'ss -tan',
    });
    expect(JSON.stringify(finding)).not.toContain('9999');
  });

  it('are not taken by a connection on an address that the service does not bind', () => {
    const sockets = socketsFact([], {
      holders: [portHolder(8081, 443, { local: { address: '10.99.0.2', port: 8081 } })],
    });
    expect(
      judge({ sysctl: WIDE, listeners: listenersFact('127.0.0.1:8080'), 'nginx-config': CONFIG, sockets }),
    ).toMatchObject([{ severity: 'warning' }]);
  });

  it('are not taken by what a stopped service left behind, and say so', () => {
    const sockets = socketsFact([], {
      holders: [portHolder(8081, 40_000, { direction: 'accepted', state: 'TIME-WAIT' })],
    });
    const [finding] = judge({
      sysctl: WIDE,
      listeners: listenersFact('127.0.0.1:8080'),
      'nginx-config': CONFIG,
      sockets,
    });
    expect(finding?.severity).toBe('warning');
    expect(finding?.explanation.at(-1)).toContain('only without SO_REUSEADDR');
  });

  it('are critical after a recent failure to bind one of them, not of another port', () => {
    const failure = (port: number, recentLines: number) =>
      nginxLogFact({
        class: 'address-in-use',
        lines: 5,
        recentLines,
        last: `2026/11/22 07:48:43 [emerg] 1#1: bind() to 127.0.0.1:${port} failed (98: Address already in use)`,
      });
    const facts = {
      sysctl: WIDE,
      listeners: listenersFact('127.0.0.1:8080'),
      'nginx-config': CONFIG,
      sockets: socketsFact([]),
    };
    expect(judge({ ...facts, 'nginx-log': failure(8081, 5) })).toMatchObject([{ severity: 'critical' }]);
    expect(judge({ ...facts, 'nginx-log': failure(80, 5) })).toMatchObject([{ severity: 'warning' }]);
    expect(judge({ ...facts, 'nginx-log': failure(8081, 0) })).toMatchObject([{ severity: 'warning' }]);
  });

  it('say what could not be known without the configuration and the sockets', () => {
    const [finding] = judge({ sysctl: WIDE, listeners: listenersFact('127.0.0.1:8080') });
    expect(finding?.notConcluded.join(' ')).toContain('nginx -T could not be read');
    expect(finding?.notConcluded.join(' ')).toContain('the sockets could not be read');
  });
});
