import type { Backend, NginxConfigFact } from '../../probes/nginx-config/fact.ts';
import { withoutPath } from '../../probes/nginx-config/proxies.ts';
import { endpointOf } from '../../probes/nginx-config/values.ts';
import { blocksAround, descendants, named, type Placed } from '../nginx-edit/placed.ts';

/** How nginx speaks to a backend. */
type Protocol = 'http' | 'fastcgi' | 'uwsgi' | 'scgi' | 'grpc';

/** The directives that pass requests on. */
export const PASS_DIRECTIVES: Readonly<Record<string, Protocol>> = {
  proxy_pass: 'http',
  fastcgi_pass: 'fastcgi',
  uwsgi_pass: 'uwsgi',
  scgi_pass: 'scgi',
  grpc_pass: 'grpc',
};

/** An address in a proxy_pass instead of an upstream's name. */
export interface Literal {
  /** `http` or `https`; empty for FastCGI. */
  readonly scheme: string;
  /** As written: `127.0.0.1:8080`. */
  readonly authority: string;
  /** What follows it: `/`, `/api/`, or nothing. */
  readonly uri: string;
  readonly endpoint: Backend['endpoint'];
}

/** A place where requests are passed on. */
export interface Passing {
  readonly protocol: Protocol;
  readonly pass: Placed;
  /** The innermost location around it. */
  readonly location: Placed;
  /** The levels that directives are inherited from, innermost first: locations, server, http. */
  readonly levels: readonly Placed[];
  /** The upstream block it names; null for a literal address or an unknown variable. */
  readonly upstream: Placed | null;
  readonly literal: Literal | null;
  /** Computed at run time and not known to be an upstream's name. */
  readonly variable: boolean;
}

/** Every place of the configuration where requests are passed on. */
export function passingsOf(placed: readonly Placed[], config: NginxConfigFact): readonly Passing[] {
  return named(placed, 'http').flatMap((http) => {
    const upstreams = named(http.children, 'upstream');
    return descendants(named(http.children, 'server')).flatMap((pass): Passing[] => {
      const protocol = PASS_DIRECTIVES[pass.directive.name];
      const levels = blocksAround(pass).filter(({ directive }) => LEVELS.includes(directive.name));
      const [location] = levels;
      if (protocol === undefined || location?.directive.name !== 'location') return [];
      return [{ protocol, pass, location, levels, ...targetOf(protocol, pass, upstreams, config) }];
    });
  });
}

/** `if` and `limit_except` hold a proxy_pass, but none of the directives that go with it (ngx_http_proxy_module). */
const LEVELS: readonly string[] = ['location', 'server', 'http'];

function targetOf(
  protocol: Protocol,
  pass: Placed,
  upstreams: readonly Placed[],
  config: NginxConfigFact,
): Pick<Passing, 'upstream' | 'literal' | 'variable'> {
  const [word = ''] = pass.directive.args;
  const literal = protocol === 'fastcgi' ? fastcgiTarget(word) : httpTarget(word);
  const byName = (name: string | null | undefined) =>
    upstreams.find(({ directive }) => directive.args[0]?.toLowerCase() === name?.toLowerCase()) ?? null;
  const upstream = byName(literal?.authority) ?? byName(resolvedVariable(pass, config));
  if (upstream) return { upstream, literal: null, variable: false };
  const variable = literal === null || literal.authority.includes('$');
  return { upstream: null, literal: variable ? null : literal, variable };
}

/** The upstream that every `set` of the variable names, as the probe found it. */
function resolvedVariable({ file, directive }: Placed, config: NginxConfigFact): string | null | undefined {
  const { line, args } = directive;
  const same = config.proxies.find(
    (proxy) => proxy.file === file.path && proxy.line === line && proxy.proxyPass === args[0],
  );
  return same?.upstream;
}

function httpTarget(word: string): Literal | null {
  const match = /^(https?|grpcs?|uwsgi|suwsgi|scgi):\/\/(unix:[^:]+:?|[^/?#]*)(.*)$/is.exec(word);
  if (!match) return /^[^/$]+$/.test(word) ? fastcgiTarget(word) : null;
  const [, scheme = '', host = '', path = ''] = match;
  const authority = withoutPath(host);
  const uri = host.slice(authority.length) + path;
  const port = scheme.toLowerCase() === 'https' ? 443 : 80;
  return { scheme: scheme.toLowerCase(), authority, uri, endpoint: endpointOf(authority, port) };
}

function fastcgiTarget(word: string): Literal {
  return { scheme: '', authority: word, uri: '', endpoint: /:\d+$/.test(word) ? endpointOf(word, 0) : null };
}

/** `location /api/` with its place. */
export function locationText({ location }: Passing): string {
  return `location ${location.directive.args.join(' ')}`;
}
