import type { Backend, ConfigPlace, NginxConfigFact, NginxListen, Placed, ProxyLocation, Upstream } from './fact.ts';
import { proxyLocations } from './proxies.ts';
import { lastNamed, named, type ResolvedDirective } from './resolve.ts';
import { endpointOf, placedNumber, placedText, placedTimeMs, placeOf } from './values.ts';

type Level = readonly ResolvedDirective[];

/** What a resolved configuration says about connections; the files are told apart from it. */
export function extractFact(root: Level): Omit<NginxConfigFact, 'files' | 'outline'> {
  const http = named(root, 'http').flatMap((block) => block.children ?? []);
  const upstreams = named(http, 'upstream').map(upstreamOf);
  const proxies = distinct(proxyLocations(http, upstreams));
  const servers = named(http, 'server');
  return {
    workerProcesses: placedText(lastNamed(root, 'worker_processes')),
    upstreams,
    proxies,
    listens: distinct(servers.flatMap(listensOf)),
    clientKeepaliveRequests: deep(http, 'keepalive_requests', placedNumber),
    clientKeepaliveTimeoutMs: deep(http, 'keepalive_timeout', placedTimeMs),
    errorLogs: deep(root, 'error_log', placedText).filter(({ value }) => !/^(?:stderr$|syslog:|memory:)/.test(value)),
    connectionMaps: connectionMaps(http, proxies),
  };
}

function upstreamOf(block: ResolvedDirective): Upstream {
  const level = block.children ?? [];
  return {
    ...placeOf(block),
    name: block.args[0] ?? '',
    servers: named(level, 'server').map(backendOf),
    keepalive: placedNumber(lastNamed(level, 'keepalive')),
    keepaliveTimeoutMs: placedTimeMs(lastNamed(level, 'keepalive_timeout')),
    keepaliveRequests: placedNumber(lastNamed(level, 'keepalive_requests')),
  };
}

/** A `server` line of an upstream; without a port it is 80 (ngx_http_upstream_module). */
function backendOf(server: ResolvedDirective): Backend {
  const text = server.args[0] ?? '';
  return { ...placeOf(server), text, endpoint: endpointOf(text, 80) };
}

/** A server's `listen` lines; with none it is `*:80` when nginx is started by root (ngx_http_core_module). */
function listensOf(server: ResolvedDirective): NginxListen[] {
  const lines = named(server.children ?? [], 'listen');
  if (lines.length === 0) return [{ ...placeOf(server), address: '0.0.0.0', port: 80 }];
  return lines.flatMap((line) => {
    const endpoint = listenEndpoint(line.args[0] ?? '');
    return endpoint ? [{ ...placeOf(line), ...endpoint }] : [];
  });
}

function listenEndpoint(text: string): Backend['endpoint'] {
  if (/^\d{1,5}$/.test(text)) return { address: '0.0.0.0', port: Number(text) };
  const endpoint = endpointOf(text, 80);
  return endpoint?.address === '*' ? { ...endpoint, address: '0.0.0.0' } : endpoint;
}

/** Every value of a directive at any depth but inside `upstream`, where the keepalive names mean something else. */
function deep<T>(
  level: Level,
  name: string,
  read: (directive: ResolvedDirective) => Placed<T> | null,
): readonly Placed<T>[] {
  const visit = (directives: Level): Placed<T>[] =>
    directives.flatMap((directive) => {
      const value = directive.name === name && directive.children === null ? read(directive) : null;
      if (value) return [value];
      return directive.name === 'upstream' ? [] : visit(directive.children ?? []);
    });
  return distinct(visit(level));
}

type ConnectionMap = NginxConfigFact['connectionMaps'][number];

/** The `map` blocks whose variable some location sends as its Connection header. */
function connectionMaps(http: Level, proxies: readonly ProxyLocation[]): ConnectionMap[] {
  const sent = proxies.flatMap((proxy) => (proxy.connectionHeader ? [proxy.connectionHeader.value] : []));
  return named(http, 'map')
    .map(connectionMap)
    .filter(({ variable }) => sent.some((value) => value === `$${variable}` || value === `\${${variable}}`));
}

function connectionMap(map: ResolvedDirective): ConnectionMap {
  const entries = map.children ?? [];
  const deciding = lastNamed(entries, '') ?? lastNamed(entries, 'default');
  const emptyPlace: ConfigPlace | null = deciding && placeOf(deciding);
  const variable = (map.args[1] ?? '').replace(/^\$/, '');
  return { ...placeOf(map), variable, emptyValue: deciding?.args[0] ?? '', emptyPlace };
}

/** A snippet that is included in several blocks says the same thing more than once. */
function distinct<T>(values: readonly T[]): T[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = JSON.stringify(value);
    return !seen.has(key) && seen.add(key);
  });
}
