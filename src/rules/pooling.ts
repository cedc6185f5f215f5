import type { ConfigPlace, NginxConfigFact, ProxyLocation, Upstream } from '../probes/nginx-config/fact.ts';
import type { NginxProcessFact, NginxVersion } from '../probes/nginx-process/fact.ts';

/** What keeps a location's connections out of a pool. */
type GapKind =
  | 'no-keepalive'
  | 'keepalive-zero'
  | 'literal'
  | 'variable'
  | 'http-1.0'
  | 'connection-close'
  | 'map-close';

/** One thing that is missing for pooling, and the line to blame. */
export interface Gap extends ConfigPlace {
  readonly kind: GapKind;
  /** What that line lacks, as the end of a sentence that begins with its place. */
  readonly text: string;
}

/** How a location's connections to its backends end (ngx_http_upstream_keepalive_module). */
export interface Pooling {
  readonly proxy: ProxyLocation;
  readonly upstream: Upstream | null;
  /** Empty = pooled. */
  readonly gaps: readonly Gap[];
  /**
   * `pooled`: nothing is missing. `stock`: no pool, and the backend is told to close, as nginx does by itself before
   * 1.29.7. `half`: one part of pooling is there and another is not.
   */
  readonly state: 'pooled' | 'stock' | 'half';
}

/** Whether this nginx pools explicit upstream blocks by itself, with HTTP/1.1 and no Connection header (CHANGES, 1.29.7). */
function poolsByDefault(version: NginxVersion | null): boolean {
  return version !== null && atLeast(version, 1, 29, 7) && version.flavor !== 'tengine';
}

/** Whether a version is that one or newer. */
export function atLeast(version: NginxVersion, major: number, minor: number, patch: number): boolean {
  const difference = version.major - major || version.minor - minor || version.patch - patch;
  return difference >= 0;
}

/** The version of the first master that told one. */
export function nginxVersion(process: NginxProcessFact | undefined): NginxVersion | null {
  return process?.masters.find((master) => master.version !== null)?.version ?? null;
}

/** How every location of a configuration treats its connections to backends. */
export function poolings(config: NginxConfigFact, version: NginxVersion | null): Pooling[] {
  const modern = poolsByDefault(version);
  return config.proxies.map((proxy) => {
    const upstream = config.upstreams.find(({ name }) => name === proxy.upstream) ?? null;
    const pool = poolGap(proxy, upstream, modern);
    const closing = [httpGap(proxy, modern), connectionGap(proxy, config, modern)].filter((gap) => gap !== null);
    const gaps = pool ? [pool, ...closing] : closing;
    return { proxy, upstream, gaps, state: stateOf(pool, closing) };
  });
}

function stateOf(pool: Gap | null, closing: readonly Gap[]): Pooling['state'] {
  if (!pool && closing.length === 0) return 'pooled';
  return pool && pool.kind !== 'keepalive-zero' && closing.length > 0 ? 'stock' : 'half';
}

function poolGap(proxy: ProxyLocation, upstream: Upstream | null, modern: boolean): Gap | null {
  if (!upstream) {
    const kind = proxy.variable ? 'variable' : 'literal';
    const what = proxy.variable ? 'a target computed from variables' : 'an address instead of an upstream block';
    return { ...placeOf(proxy), kind, text: `proxy_pass ${proxy.proxyPass} names ${what}, which nginx never pools` };
  }
  const { keepalive, name } = upstream;
  if (keepalive?.value === 0)
    return {
      ...placeOf(keepalive),
      kind: 'keepalive-zero',
      text: `keepalive 0 turns the pool of upstream "${name}" off`,
    };
  return keepalive || modern
    ? null
    : { ...placeOf(upstream), kind: 'no-keepalive', text: `upstream "${name}" has no keepalive` };
}

function httpGap(proxy: ProxyLocation, modern: boolean): Gap | null {
  if (proxy.httpVersion ? proxy.httpVersion.value !== '1.0' : modern) return null;
  const place = placeOf(proxy.httpVersion ?? proxy);
  const text = proxy.httpVersion
    ? 'proxy_http_version 1.0 ends every connection after one request'
    : `location ${proxy.match} has no proxy_http_version 1.1`;
  return { ...place, kind: 'http-1.0', text };
}

function connectionGap(proxy: ProxyLocation, config: NginxConfigFact, modern: boolean): Gap | null {
  const header = proxy.connectionHeader;
  if (!header) {
    if (modern) return null;
    return {
      ...placeOf(proxy),
      kind: 'connection-close',
      text: `location ${proxy.match} sends nginx's default "Connection: close"`,
    };
  }
  if (closes(header.value))
    return { ...placeOf(header), kind: 'connection-close', text: 'proxy_set_header Connection close defeats the pool' };
  const map = config.connectionMaps.find(({ variable }) => [`$${variable}`, `\${${variable}}`].includes(header.value));
  if (!map || map.emptyValue === null || !closes(map.emptyValue)) return null;
  const text = `the map of $${map.variable} sends "Connection: close" for plain requests`;
  return { ...placeOf(map.emptyPlace ?? map), kind: 'map-close', text };
}

function closes(value: string): boolean {
  return value.trim().toLowerCase() === 'close';
}

function placeOf({ file, line }: ConfigPlace): ConfigPlace {
  return { file, line };
}
