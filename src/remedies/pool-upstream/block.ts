import { endpointOf, timeMs } from '../../probes/nginx-config/values.ts';
import { type Edit, insertAt, removeDirective, replaceArgument } from '../nginx-edit/edit.ts';
import { named, type Placed } from '../nginx-edit/placed.ts';
import type { BackendEndpoint } from './size.ts';

/** Balancing methods, which take over the list of connections when they stand below `keepalive` (before 1.29.7). */
const METHODS: readonly string[] = [
  'least_conn',
  'least_time',
  'ip_hash',
  'hash',
  'random',
  'sticky',
  'fair',
  'balancer_by_lua_block',
  'balancer_by_lua_file',
];

/** The pool of an upstream block as it is written. */
export interface WrittenPool {
  readonly keepalive: Placed | null;
  /** Idle connections per worker; null when the block does not say. */
  readonly size: number | null;
  /** `keepalive` stands above the balancing method and has no effect. */
  readonly overridden: boolean;
  readonly timeoutMs: number | null;
  /** keepalive_requests; null when the block does not say. */
  readonly requests: number | null;
}

/** The pool that an upstream block sets up. */
export function writtenPool({ children }: Placed): WrittenPool {
  const keepalive = named(children, 'keepalive').at(-1) ?? null;
  const method = children.findLastIndex(({ directive }) => METHODS.includes(directive.name));
  const timeout = named(children, 'keepalive_timeout').at(-1)?.directive.args[0];
  return {
    keepalive,
    size: numberIn(keepalive),
    requests: numberIn(named(children, 'keepalive_requests').at(-1)),
    overridden: keepalive !== null && children.indexOf(keepalive) < method,
    timeoutMs: timeout === undefined ? null : timeMs(timeout),
  };
}

function numberIn(directive: Placed | null | undefined): number | null {
  const text = directive?.directive.args[0] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** The TCP backends of an upstream block; those on unix sockets have no TCP. */
export function backendsOf({ children }: Placed): readonly BackendEndpoint[] {
  return named(children, 'server').flatMap(({ directive }) => endpointOf(directive.args[0] ?? '', 80) ?? []);
}

/** Whether the block binds connections to clients, so that sharing them would mix up users. */
export function bindsConnections({ children }: Placed): boolean {
  return named(children, 'ntlm').length > 0;
}

/** What a pool is to be. */
export interface WantedPool {
  readonly size: number;
  /** `4s`; null when this nginx has no such directive (before 1.15.3) or the block sets one. */
  readonly timeout: string | null;
}

/** The edits that give an upstream block this pool, below everything else in it; null when there is no place for them. */
export function poolEdits(upstream: Placed, { size, timeout }: WantedPool): readonly Edit[] | null {
  const { keepalive, overridden } = writtenPool(upstream);
  const context = [upstream.directive.line];
  const last = upstream.children.filter((child) => child !== keepalive || !overridden).at(-1);
  if (!last) return null;
  const point = last.anchor.directive.after;
  const put = (statement: string): Edit => insertAt(last.anchor.file, point, statement, { context });
  const end = timeout === null ? null : timeoutEdit(upstream, timeout, last);
  const ends = end ? [end] : [];
  if (keepalive && !overridden) {
    const resized = replaceArgument(keepalive, 0, String(size));
    return resized && [resized, ...ends];
  }
  return [...(keepalive ? [removeDirective(keepalive)] : []), put(`keepalive ${size};`), ...ends];
}

/** The edit that ends idle connections: of the value that is there, else below everything in the block. */
export function timeoutEdit(upstream: Placed, timeout: string, last = upstream.children.at(-1)): Edit | null {
  const present = named(upstream.children, 'keepalive_timeout').at(-1);
  if (present) return replaceArgument(present, 0, timeout);
  const context = [upstream.directive.line];
  return last
    ? insertAt(last.anchor.file, last.anchor.directive.after, `keepalive_timeout ${timeout};`, { context })
    : null;
}

/** A new upstream block, as a statement. */
export function upstreamStatement(name: string, server: string, { size, timeout }: WantedPool): string {
  const lines = [
    `server ${server};`,
    `keepalive ${size};`,
    ...(timeout === null ? [] : [`keepalive_timeout ${timeout};`]),
  ];
  return [`upstream ${name} {`, ...lines.map((line) => `  ${line}`), '}', ''].join('\n');
}
