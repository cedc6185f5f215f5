import type { OutlineDirective } from '../../probes/nginx-config/outline-fact.ts';
import { type Edit, insertAt, replaceArgument } from '../nginx-edit/edit.ts';
import { keyOf, named, type Placed, placeText } from '../nginx-edit/placed.ts';
import { upstreamStatement, type WantedPool } from './block.ts';
import { headerInForce, headerLevel, headersInForce, inForce, insertIntoLevel } from './levels.ts';
import type { Literal, Passing } from './passing.ts';
import type { Reuse } from './reuse.ts';

/** A proxy_pass that shall name an upstream block instead of an address. */
export interface Renaming {
  readonly passing: Passing;
  readonly literal: Literal;
  /** The new block's name. */
  readonly name: string;
  readonly passings: readonly Passing[];
}

/** How a place is renamed to the block of that name. */
export function renamingOf(passings: readonly Passing[], name: string, passing: Passing): Renaming {
  const none = { scheme: '', authority: '', uri: '', endpoint: null };
  return { passing, literal: passing.literal ?? none, name, passings };
}

/** A name for the block of an address: letters, digits and dashes, since some backends reject `_` in a Host header. */
export function upstreamName({ endpoint, authority }: Literal, taken: ReadonlySet<string>): string {
  const host = endpoint === null || /^(?:127\.|::1$|localhost$)/.test(endpoint.address) ? '' : endpoint.address;
  const words = `backend-${host}-${endpoint?.port ?? authority}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const base = words.replace(/^-|-$/g, '');
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
  return name;
}

/** The new block, before the server that uses it; or below its include when that file is read more than once. */
export function newBlock(renaming: Renaming, pool: WantedPool): Edit | null {
  const server = renaming.passing.levels.at(-2);
  if (server?.directive.name !== 'server' || !server.directive.block) return null;
  const statement = upstreamStatement(renaming.name, serverOf(renaming.literal), pool);
  const sameServer = renaming.passings
    .map(({ levels }) => levels.at(-2))
    .filter((other) => other && keyOf(other) === keyOf(server));
  if (new Set(sameServer).size === 1) {
    return insertAt(server.file, server.directive.block.before, statement, { side: 'before' });
  }
  const { file, directive } = server.anchor;
  return directive.block ? null : insertAt(file, directive.after, statement);
}

/** A `server` line without a port means 80, whatever the scheme. */
function serverOf({ scheme, authority }: Literal): string {
  return scheme === 'https' && !/:\d+$/.test(authority) ? `${authority}:443` : authority;
}

/** The edits that make a place name the block and still say to the backend what it said before. */
export function renamePass(renaming: Renaming): Reuse {
  const { passing, literal, name } = renaming;
  const word = passing.pass.directive.args[0] ?? '';
  const quote = quoteOf(passing.pass.directive);
  if (quote === null) return blocked(passing.pass, 'is written with escapes');
  const target = literal.scheme === '' ? name : `${literal.scheme}://${name}${literal.uri}`;
  const renamed = replaceArgument(passing.pass, 0, `${quote}${target}${quote}`);
  if (!renamed || word.includes('[redacted]'))
    return blocked(passing.pass, 'names an address that looks like a secret');
  if (passing.protocol !== 'http') return { edits: [renamed], notes: [], blocked: null };
  const kept = keepHost(renaming);
  const tls = literal.scheme === 'https' ? keepTlsName(renaming) : [];
  if (kept.blocked !== null || tls === null)
    return kept.blocked === null ? blocked(passing.pass, 'uses TLS to a name that could not be kept') : kept;
  return { ...kept, edits: [renamed, ...kept.edits, ...tls], notes: cacheNote(passing) };
}

/** `$proxy_host` was the address and becomes the block's name (ngx_http_proxy_module): the old value is sent explicitly. */
function keepHost(renaming: Renaming): Reuse {
  const { passing } = renaming;
  const lines = headersInForce(passing);
  if (lines.some(({ directive }) => /\$\{?proxy_(?:host|port)/.test(directive.statement ?? '$proxy_host'))) {
    return blocked(passing.pass, 'is passed on in a header as $proxy_host');
  }
  if (headerInForce(passing, 'host')) return { edits: [], notes: [], blocked: null };
  const statement = `proxy_set_header Host ${hostOf(renaming.literal)};`;
  const level = headerLevel(passing);
  const redirect = keepRedirect(renaming);
  if (redirect.blocked !== null) return redirect;
  if (level !== null && level !== passing.location) return copyHeaders(renaming, lines, statement, redirect.edits);
  return all(passing, [insertIntoLevel(passing.location, statement), ...redirect.edits]);
}

/** A line of its own takes the outer level's lines away from a location, so they are repeated there. */
function copyHeaders({ passing }: Renaming, lines: readonly Placed[], host: string, more: readonly Edit[]): Reuse {
  const connection = headerInForce(passing, 'connection');
  const closes = connection === null || connection.directive.args[1]?.toLowerCase() === 'close';
  const statements = [
    ...lines.filter((line) => !closes || line !== connection).map(({ directive }) => directive.statement),
    ...(closes ? ['proxy_set_header Connection "";'] : []),
  ];
  if (statements.some((text) => typeof text !== 'string' || /\[redacted\]|[\n\ufffd]/.test(text))) {
    return blocked(passing.pass, 'inherits header lines that could not be repeated in its location');
  }
  const edits = [...statements, host].map((text) => insertIntoLevel(passing.location, text ?? ''));
  return { ...all(passing, [...edits, ...more]), ownHeaders: true };
}

/** `proxy_redirect default` is made from the proxy_pass; the backend goes on answering with the old address. */
function keepRedirect({ passing, literal }: Renaming): Reuse {
  // With variables in the proxy_pass nginx makes no redirect of its own.
  if (literal.uri.includes('$')) return { edits: [], notes: [], blocked: null };
  const lines = passing.levels
    .map(({ children }) => named(children, 'proxy_redirect'))
    .find(({ length }) => length > 0);
  const byDefault = lines?.find(({ directive }) => directive.args[0] === 'default');
  if (lines && !byDefault) return { edits: [], notes: [], blocked: null };
  if (byDefault && byDefault.parent !== passing.location) {
    return blocked(byDefault, 'sets proxy_redirect default for several places');
  }
  const from = `${literal.scheme}://${literal.authority}`;
  const path = passing.location.directive.args.at(-1) ?? '/';
  const statement = literal.uri === '' ? `proxy_redirect ${from}/ /;` : `proxy_redirect ${from}${literal.uri} ${path};`;
  if (/[\s;{}'"\\$]/.test(`${literal.uri}${literal.uri === '' ? '' : path}`)) {
    return blocked(passing.pass, 'stands in a location whose name needs quotes');
  }
  return all(passing, [insertIntoLevel(passing.location, statement)]);
}

/** proxy_ssl_name is the host of the proxy_pass unless it is set. */
function keepTlsName({ passing, literal }: Renaming): readonly Edit[] | null {
  if (inForce(passing, 'proxy_ssl_name')) return [];
  const host = literal.authority.replace(/:\d+$/, '');
  const edit = host.includes('[') ? null : insertIntoLevel(passing.location, `proxy_ssl_name ${host};`);
  return edit && [edit];
}

function cacheNote(passing: Passing): readonly string[] {
  const cache = inForce(passing, 'proxy_cache');
  if (!cache || cache.directive.args[0] === 'off' || inForce(passing, 'proxy_cache_key')) return [];
  return [
    `${placeText(cache)}: the default proxy_cache_key holds the target's name, so its cached answers are fetched anew.`,
  ];
}

/** What nginx sends as Host by default: the port is left out when it is the scheme's (ngx_http_proxy_set_vars). */
function hostOf({ scheme, authority }: Literal): string {
  return authority.replace(scheme === 'https' ? /:443$/ : /:80$/, '');
}

/** The quote around a word that stands in the file as nginx reads it; null when there is more to it. */
function quoteOf({ args, words }: OutlineDirective): '' | '"' | null {
  const [start = 0, end = 0] = words[0] ?? [];
  const text = args[0] ?? '';
  const more = end - start - Buffer.byteLength(text, 'utf8');
  if (more === 0) return '';
  return more === 2 && !/["\\]/.test(text) ? '"' : null;
}

function all(passing: Passing, edits: readonly (Edit | null)[]): Reuse {
  const placed = edits.filter((edit) => edit !== null);
  return placed.length === edits.length
    ? { edits: placed, notes: [], blocked: null }
    : blocked(passing.pass, 'leaves no place for the header lines it needs');
}

function blocked(place: Placed, why: string): Reuse {
  return { edits: [], notes: [], blocked: `${placeText(place)} ${why}` };
}
