import { describe, expect, it } from 'vitest';
import { occupies, servicePorts } from '../../src/probes/service-ports.ts';
import { listenersFact, nginxConfigFact } from '../helpers/network-facts.ts';

describe('service ports', () => {
  it('are those that listen, with their processes', () => {
    expect(servicePorts({ listeners: listenersFact('127.0.0.1:8080', '0.0.0.0:22') })).toEqual([
      { port: 22, listening: true, addresses: ['0.0.0.0'], owners: [{ kind: 'process', name: 'node', pid: 22 }] },
      { port: 8080, listening: true, addresses: ['127.0.0.1'], owners: [{ kind: 'process', name: 'node', pid: 8080 }] },
    ]);
  });

  it('include backends that are down, when they are on this host', () => {
    const ports = servicePorts({
      listeners: listenersFact('0.0.0.0:80'),
      'nginx-config': nginxConfigFact([
        '127.0.0.1:8081',
        '10.99.0.2:8082',
        'localhost:8083',
        '10.0.0.99:8084',
        'app.internal:8085',
      ]),
    });
    expect(ports.map(({ port, listening }) => [port, listening])).toEqual([
      [80, true],
      [8081, false],
      [8082, false],
      [8083, false],
    ]);
    expect(ports[1]?.owners).toEqual([{ kind: 'backend', file: '/etc/nginx/conf.d/app.conf', line: 2 }]);
  });

  it('are occupied by a socket on the same or on a wildcard address only', () => {
    const service = { port: 8081, listening: false, addresses: ['127.0.0.1'], owners: [] };
    expect(occupies('127.0.0.1', service)).toBe(true);
    expect(occupies('0.0.0.0', service)).toBe(true);
    expect(occupies('10.99.0.2', service)).toBe(false);
    expect(occupies('10.99.0.2', { ...service, addresses: ['0.0.0.0'] })).toBe(true);
    expect(occupies('127.0.0.1', { ...service, addresses: ['localhost'] })).toBe(true);
  });
});
