import type { Gap } from './pooling.ts';

const HALF: Readonly<Record<Gap['kind'], string>> = {
  'map-close':
    "Change the map’s value for plain requests from close to ''; WebSockets go on working by its other line, and the variable must stay.",
  'connection-close':
    'Send an empty Connection header at the level that the location’s proxy_set_header lines come from: a single line in a location drops all that it inherits.',
  'http-1.0': 'Set proxy_http_version 1.1 there.',
  'no-keepalive':
    'Give the upstream block keepalive, after its balancing method: HTTP/1.1 and an empty Connection header alone only make nginx the one that closes.',
  'keepalive-zero': 'Give keepalive a size there, or take the line away where nginx pools by itself.',
  literal: 'Let proxy_pass name an upstream block with keepalive, and keep the Host header that is sent now.',
  variable: 'Let proxy_pass name an upstream block: a target that is computed from variables is not pooled.',
};

/** Which gap is worth naming first, when there are several. */
const ORDER: readonly Gap['kind'][] = [
  'literal',
  'variable',
  'keepalive-zero',
  'no-keepalive',
  'map-close',
  'http-1.0',
  'connection-close',
];

/** What to do about half a keepalive: one sentence for the first kind of gap, or two when there are more. */
export function halfAdvice(gaps: readonly Gap[]): string {
  const kinds = ORDER.filter((kind) => gaps.some((gap) => gap.kind === kind));
  return kinds
    .slice(0, 2)
    .map((kind) => HALF[kind])
    .join(' ');
}

/** What to do about connections that are not pooled at all. */
export function stockAdvice(gaps: readonly Gap[]): string {
  const kinds = new Set(gaps.map(({ kind }) => kind));
  if (kinds.has('no-keepalive')) {
    return 'All three belong together: keepalive in the upstream block, proxy_http_version 1.1 and an empty Connection header; two of them are worse than none.';
  }
  return [
    ...(kinds.has('literal') ? [HALF.literal] : []),
    ...(kinds.has('variable') ? [HALF.variable] : []),
    'HTTP/1.1 and an empty Connection header belong to it.',
  ].join(' ');
}
