import type { Backend, Placed, ProxyLocation, Upstream } from './fact.ts';
import { lastNamed, named, type ResolvedDirective } from './resolve.ts';
import { endpointOf, placedText, placeOf } from './values.ts';

type Level = readonly ResolvedDirective[];

/** Blocks inside a location in which `proxy_pass` may stand (ngx_http_proxy_module). */
const INNER_BLOCKS: readonly string[] = ['location', 'if', 'limit_except'];

/** Every `proxy_pass` of an `http {}` block, with what is in force where it stands. */
export function proxyLocations(http: Level, upstreams: readonly Upstream[]): ProxyLocation[] {
  const variables = setVariables(http);
  const found = named(http, 'server').flatMap((server) => {
    const level = server.children ?? [];
    return locationsIn(level, [level, http], '');
  });
  return found.map((place) => proxyLocation(place, upstreams, variables));
}

interface ProxyPlace {
  readonly pass: ResolvedDirective;
  readonly match: string;
  /** The levels that the place inherits from, innermost first, its own included. */
  readonly levels: readonly Level[];
}

function locationsIn(level: Level, levels: readonly Level[], match: string): ProxyPlace[] {
  const pass = lastNamed(level, 'proxy_pass');
  const inner = level.flatMap((directive) => {
    if (!INNER_BLOCKS.includes(directive.name) || !directive.children) return [];
    const words = directive.name === 'location' ? directive.args.join(' ') : match;
    return locationsIn(directive.children, [directive.children, ...levels], words);
  });
  return pass ? [{ pass, match, levels }, ...inner] : inner;
}

function proxyLocation(
  { pass, match, levels }: ProxyPlace,
  upstreams: readonly Upstream[],
  variables: ReadonlyMap<string, readonly string[]>,
): ProxyLocation {
  const proxyPass = pass.args[0] ?? '';
  const target = /^(https?):\/\/(unix:[^:]+|[^/?#]*)/i.exec(proxyPass);
  const authority = withoutPath(target?.[2] ?? '');
  const variable = target === null || authority.includes('$');
  const upstream = upstreamNamed(authority, upstreams) ?? upstreamOfVariable(authority, upstreams, variables);
  const literal = upstream === null && !variable ? literalBackend(pass, authority, target?.[1] ?? 'http') : null;
  return {
    ...placeOf(pass),
    match,
    proxyPass,
    upstream,
    literal,
    variable,
    httpVersion: inherited(levels, 'proxy_http_version'),
    connectionHeader: connectionHeader(levels),
  };
}

/** `app$request_uri` is `app`: these variables begin with a slash, and a group's name is looked up at run time as well. */
export function withoutPath(authority: string): string {
  return authority.replace(/\$\{?(?:request_uri|uri|document_uri)\b.*$/, '');
}

function literalBackend(pass: ResolvedDirective, authority: string, scheme: string): Backend {
  const port = scheme.toLowerCase() === 'https' ? 443 : 80;
  return { ...placeOf(pass), text: authority, endpoint: endpointOf(authority, port) };
}

/** Upstream names are compared without regard to case (ngx_http_upstream_add). */
function upstreamNamed(name: string, upstreams: readonly Upstream[]): string | null {
  return upstreams.find((upstream) => upstream.name.toLowerCase() === name.toLowerCase())?.name ?? null;
}

/** `http://$backend` names an upstream when every `set $backend` in the configuration names that same one. */
function upstreamOfVariable(
  authority: string,
  upstreams: readonly Upstream[],
  variables: ReadonlyMap<string, readonly string[]>,
): string | null {
  const name = /^\$\{?(\w+)\}?$/.exec(authority)?.[1];
  const values = (name === undefined ? undefined : variables.get(name)) ?? [];
  const resolved = new Set(values.map((value) => upstreamNamed(value, upstreams)));
  const [only = null] = resolved;
  return resolved.size === 1 ? only : null;
}

function setVariables(level: Level, found = new Map<string, string[]>()): ReadonlyMap<string, readonly string[]> {
  for (const directive of level) {
    const [name, value] = directive.args;
    if (directive.name === 'set' && name?.startsWith('$') && value !== undefined) {
      found.set(name.slice(1), [...(found.get(name.slice(1)) ?? []), value]);
    }
    setVariables(directive.children ?? [], found);
  }
  return found;
}

/** A value that each level may override: the innermost one that is set. */
function inherited(levels: readonly Level[], name: string): Placed<string> | null {
  for (const level of levels) {
    const value = placedText(lastNamed(level, name));
    if (value) return value;
  }
  return null;
}

/** proxy_set_header lines are inherited only by a level that has none of its own (ngx_http_proxy_module). */
function connectionHeader(levels: readonly Level[]): Placed<string> | null {
  const lines = levels.map((level) => named(level, 'proxy_set_header')).find((headers) => headers.length > 0) ?? [];
  const last = lines.filter((line) => line.args[0]?.toLowerCase() === 'connection').at(-1);
  return last ? { ...placeOf(last), value: last.args[1] ?? '' } : null;
}
