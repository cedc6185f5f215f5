import { sha256 } from '../../base/digest.ts';
import { shorten } from '../../base/plain-text.ts';
import { bytesOf, type DumpedFile } from './dump.ts';
import { includePattern, names } from './include.ts';
import { afterDirective, beforeDirective, insideBlock, type LinedText, linedText, lineText } from './insertion.ts';
import { managedBy } from './managed.ts';
import type { FileOutline, OutlineDirective, OutlineLine } from './outline-fact.ts';
import { type Directive, parseTree } from './tree.ts';

/** Blocks that are followed; those of stream and mail are other protocols. */
const BLOCKS: readonly string[] = ['http', 'server', 'location', 'if', 'limit_except', 'upstream', 'map'];

/** Blocks that stay in the outline only for what they hold. */
const CONTAINERS: readonly string[] = ['server', 'location', 'if', 'limit_except', 'map'];

/** Directives that decide on connections, or that a change of them has to respect. */
const DIRECTIVES: ReadonlySet<string> = new Set([
  'include',
  'keepalive_requests',
  'keepalive_timeout',
  'proxy_pass',
  'proxy_http_version',
  'proxy_set_header',
  'proxy_pass_header',
  'proxy_redirect',
  'proxy_cache',
  'proxy_cache_key',
  'proxy_ssl_name',
  'fastcgi_pass',
  'fastcgi_keep_conn',
  'uwsgi_pass',
  'scgi_pass',
  'grpc_pass',
  // What stands in an upstream block, which may be split over included files.
  'server',
  'keepalive',
  'keepalive_time',
  'least_conn',
  'least_time',
  'ip_hash',
  'hash',
  'random',
  'sticky',
  'fair',
  'zone',
  'ntlm',
  // Entries of a map, which may be split over included files as well.
  '',
  'default',
]);

const SHOWN_VALUES: readonly string[] = ['connection', 'host', 'upgrade'];
const MAX_WORD = 300;
const MAX_LINE = 200;
const MAX_DIRECTIVES = 4000;

/**
 * The files of a configuration as an editor needs them; null when there is too much of it. Offsets are bytes: the text is
 * read as latin1 over its UTF-8 bytes, and everything special to nginx is ASCII.
 */
export function outlineOf(
  files: readonly DumpedFile[],
  targets: ReadonlyMap<string, string>,
): readonly FileOutline[] | null {
  const mainFile = files[0]?.path ?? '/';
  const paths = files.map(({ path }) => path);
  const outlines = files.map((file) => outlineFile(file, targets.get(file.path) ?? null, { mainFile, paths }));
  const size = outlines.reduce((sum, { directives }) => sum + countDirectives(directives), 0);
  return size > MAX_DIRECTIVES ? null : outlines;
}

interface Includes {
  readonly mainFile: string;
  readonly paths: readonly string[];
}

function outlineFile(file: DumpedFile, target: string | null, includes: Includes): FileOutline {
  const { path, text, bytes } = file;
  const lined = linedText(bytesOf(file).toString('latin1'));
  const tree = parseTree(lined.text);
  const directives = tree.ok ? outlineAll({ lined, ...includes }, tree.directives) : [];
  return {
    path,
    target,
    sha256: sha256(bytesOf(file)),
    notUtf8: bytes === undefined && text.includes('\ufffd'),
    newline: /\r\n/.test(text) && !/(?:^|[^\r])\n/.test(text) ? '\r\n' : '\n',
    managedBy: tree.ok ? managedBy(target ?? path, lined.text, tree.tokens) : null,
    directives,
    lines: linesOf(lined, directives),
  };
}

interface Outlining extends Includes {
  readonly lined: LinedText;
}

function outlineAll(outlining: Outlining, directives: readonly Directive[]): OutlineDirective[] {
  return directives.flatMap((directive) => outlineOne(outlining, directive) ?? []);
}

function outlineOne(outlining: Outlining, directive: Directive): OutlineDirective | null {
  const { lined } = outlining;
  if (directive.block === null) return simple(outlining, directive);
  if (!BLOCKS.includes(directive.name)) return null;
  const directives = contentOf(outlining, directive);
  if (directives.length === 0 && CONTAINERS.includes(directive.name)) return null;
  return {
    ...common(lined, directive),
    block: {
      inside: insideBlock(lined, directive),
      before: beforeDirective(lined, directive),
      closeLine: directive.block.close.line,
      directives,
    },
  };
}

function contentOf(outlining: Outlining, directive: Directive): OutlineDirective[] {
  const inside = directive.block?.directives ?? [];
  if (directive.name === 'map') return mapEntries(outlining, directive);
  if (directive.name !== 'upstream') return outlineAll(outlining, inside);
  // All of it, Lua balancers and what modules add included: a pool has to stand below everything else.
  return inside.map((entry) => simple(outlining, entry) ?? { ...common(outlining.lined, entry), block: null });
}

function simple(outlining: Outlining, directive: Directive): OutlineDirective | null {
  if (!DIRECTIVES.has(directive.name)) return null;
  const made = { ...common(outlining.lined, directive), block: null };
  if (directive.name === 'include') return { ...made, includes: included(outlining, directive) };
  if (directive.name !== 'proxy_set_header') return made;
  const statement = outlining.lined.text.slice(directive.start, directive.end);
  const shown = SHOWN_VALUES.includes((made.args[0] ?? '').toLowerCase());
  return {
    ...made,
    args: shown ? made.args : made.args.slice(0, 1),
    statement: statement.length > MAX_WORD ? null : utf8(statement),
  };
}

/** The entries that can decide a Connection header for plain requests, and those that close. */
function mapEntries(outlining: Outlining, { args, block }: Directive): OutlineDirective[] {
  if (args[0]?.value !== '$http_upgrade') return [];
  const entries = (block?.directives ?? []).filter(({ block: inner }) => inner === null);
  return entries.flatMap((entry) =>
    entry.name === 'include'
      ? { ...common(outlining.lined, entry), block: null, includes: included(outlining, entry) }
      : entry.name === '' || entry.name === 'default' || entry.args[0]?.value.toLowerCase() === 'close'
        ? { ...common(outlining.lined, entry), block: null }
        : [],
  );
}

function common(lined: LinedText, directive: Directive): Omit<OutlineDirective, 'block'> {
  return {
    name: shorten(utf8(directive.name), MAX_WORD),
    args: directive.args.map(({ value }) => shorten(utf8(value), MAX_WORD)),
    line: directive.line,
    start: directive.start,
    end: directive.end,
    words: directive.args.map(({ token }) => [token.start, token.end] as const),
    after: afterDirective(lined, directive),
  };
}

/** A glob names its files in byte order (glob(3)), not in the order in which they were first read. */
function included({ mainFile, paths }: Outlining, directive: Directive): number[] {
  const include = includePattern(directive, mainFile);
  if (!include) return [];
  const found = paths.filter((path) => names(include, path)).sort((a, b) => (a < b ? -1 : 1));
  return found.map((path) => paths.indexOf(path));
}

function linesOf(lined: LinedText, directives: readonly OutlineDirective[]): OutlineLine[] {
  const numbers = new Set<number>();
  const visit = ({ line, after, block }: OutlineDirective): void => {
    numbers.add(line).add(after.line);
    if (!block) return;
    numbers.add(block.inside.line).add(block.before.line).add(block.closeLine);
    block.directives.forEach(visit);
  };
  directives.forEach(visit);
  return [...numbers]
    .sort((a, b) => a - b)
    .map((line) => {
      const bytes = lineText(lined, line);
      return { line, at: lined.starts[line - 1] ?? 0, bytes: bytes.length, text: shorten(utf8(bytes), MAX_LINE) };
    });
}

function countDirectives(directives: readonly OutlineDirective[]): number {
  return directives.reduce((sum, { block }) => sum + 1 + countDirectives(block?.directives ?? []), 0);
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
