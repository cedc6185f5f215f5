import type { Listener, ListenersFact } from '../../src/probes/listeners/fact.ts';
import type { NginxConfigFact } from '../../src/probes/nginx-config/fact.ts';
import type { NginxLogFact } from '../../src/probes/nginx-log/fact.ts';
import type { PortHolder, SocketGroup, SocketsFact } from '../../src/probes/sockets/fact.ts';
import type { SysctlFact } from '../../src/probes/sysctl/fact.ts';
import type { UpstreamPeakFact } from '../../src/probes/upstream-peak/fact.ts';
import type { SysctlFilesFact } from '../../src/probes/sysctl-files/fact.ts';

/** Kernel settings of a current kernel, with the default range and nothing reserved. */
export function sysctlFact(changes: Partial<SysctlFact> = {}): SysctlFact {
  return {
    localPortRange: { low: 32_768, high: 60_999 },
    reservedPorts: [],
    reservedPortsText: '',
    tcpTwReuse: 2,
    tcpTwReuseDelayMs: 1000,
    tcpTwRecycle: null,
    tcpTimestamps: 1,
    tcpMaxTwBuckets: 131_072,
    tcpFinTimeoutSeconds: 60,
    tcpSyncookies: 1,
    tcpMaxSynBacklog: 2048,
    somaxconn: 4096,
    unprivilegedPortStart: 1024,
    readOnly: false,
    ...changes,
  };
}

/** Outgoing sockets of one state to one destination. */
export function connectedGroup(state: string, destination: string, sockets: number, source = '127.0.0.1'): SocketGroup {
  const colon = destination.lastIndexOf(':');
  return {
    direction: 'connected',
    state,
    local: { address: source, port: null },
    peer: { address: destination.slice(0, colon), port: Number(destination.slice(colon + 1)) },
    sockets,
  };
}

/** Sockets that a service of this host accepted. */
export function acceptedGroup(state: string, service: string, sockets: number, client = '127.0.0.1'): SocketGroup {
  const colon = service.lastIndexOf(':');
  return {
    direction: 'accepted',
    state,
    local: { address: service.slice(0, colon), port: Number(service.slice(colon + 1)) },
    peer: { address: client, port: null },
    sockets,
  };
}

/** A connection on a service's port. */
export function portHolder(local: number, peer: number, changes: Partial<PortHolder> = {}): PortHolder {
  return {
    direction: 'connected',
    state: 'ESTAB',
    local: { address: '127.0.0.1', port: local },
    peer: { address: '127.0.0.1', port: peer },
    ...changes,
  };
}

export function socketsFact(groups: readonly SocketGroup[], changes: Partial<SocketsFact> = {}): SocketsFact {
  return { groups, omittedSockets: 0, holders: [], tool: 'ss', ...changes };
}

/** Listeners by `address:port`, each held by a process named after the port. */
export function listenersFact(...places: readonly string[]): ListenersFact {
  const listeners = places.map((place): Listener => {
    const colon = place.lastIndexOf(':');
    const port = Number(place.slice(colon + 1));
    return {
      address: place.slice(0, colon),
      port,
      acceptQueue: 0,
      acceptQueueLimit: 511,
      processes: [{ name: 'node', pid: port }],
    };
  });
  return { listeners, hostAddresses: ['10.99.0.2', '127.0.0.1', '::1'] };
}

/** A configuration that sends to these backends, `address:port` each, from lines 1, 2, … of one file. */
export function nginxConfigFact(backends: readonly string[], listens: readonly number[] = [80]): NginxConfigFact {
  const file = '/etc/nginx/conf.d/app.conf';
  return {
    files: [{ path: file, sha256: '0'.repeat(64) }],
    workerProcesses: null,
    upstreams: [
      {
        name: 'app',
        file,
        line: 1,
        servers: backends.map((text, index) => {
          const colon = text.lastIndexOf(':');
          return {
            text,
            file,
            line: index + 2,
            endpoint: { address: text.slice(0, colon), port: Number(text.slice(colon + 1)) },
          };
        }),
        keepalive: null,
        keepaliveTimeoutMs: null,
        keepaliveRequests: null,
      },
    ],
    proxies: [],
    listens: listens.map((port) => ({ address: '0.0.0.0', port, file, line: 20 })),
    clientKeepaliveRequests: [],
    clientKeepaliveTimeoutMs: [],
    errorLogs: [],
    connectionMaps: [],
  };
}

/** An error log with one class of lines. */
export function nginxLogFact(entry: NginxLogFact['entries'][number]): NginxLogFact {
  return { file: '/var/log/nginx/error.log', otherFiles: [], unreadFiles: [], linesRead: 2000, entries: [entry] };
}

export function sysctlFilesFact(changes: Partial<SysctlFilesFact> = {}): SysctlFilesFact {
  return { entries: [], ownDropIn: null, unreadableFiles: [], rewriters: [], ...changes };
}

/** The most connections at once, by destination. */
export function peakFact(peaks: UpstreamPeakFact['peaks']): UpstreamPeakFact {
  return { samples: 10, seconds: 2, peaks, omittedDestinations: 0, tool: 'ss' };
}
