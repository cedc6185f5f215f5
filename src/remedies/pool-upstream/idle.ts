import { formatDuration } from '../../base/duration.ts';
import { list } from '../../base/format.ts';
import { formatEndpoint } from '../../probes/endpoint.ts';
import { timeMs } from '../../probes/nginx-config/values.ts';
import type { Facts } from '../../probes/registry.ts';
import type { HostPlan } from '../remedy.ts';
import type { BackendEndpoint } from './size.ts';

/** Below the 5 s after which Node, uvicorn and Apache close idle connections. */
const USUAL_TIMEOUT_MS = 4000;

/** What is known of one backend's idle connections. */
type Idle = NonNullable<Facts['backend-idle']>['backends'][number];

/** How long nginx may keep idle connections to these backends: always shorter than they do, 4 s at most. */
export function idleTimeout(facts: Facts, backends: readonly BackendEndpoint[], approved: string | null): string {
  const shortest = shortestIdleMs(facts, backends);
  const approvedMs = approved === null ? null : timeMs(approved);
  if (approved !== null && approvedMs !== null && approvedMs < shortest) return approved;
  if (shortest > USUAL_TIMEOUT_MS + 500) return timeText(USUAL_TIMEOUT_MS);
  return timeText(shortest >= 2500 ? Math.round(shortest / 1000) * 1000 - 1000 : rounded(shortest / 2));
}

/** After how long the first of these backends closes an idle connection; infinite when none was seen to. */
export function shortestIdleMs(facts: Facts, backends: readonly BackendEndpoint[]): number {
  return Math.min(...closing(facts, backends).map(({ idleMs }) => idleMs ?? Number.POSITIVE_INFINITY));
}

/** The timeout that an approved plan gives a pool. */
export function approvedTimeout(approved: HostPlan | undefined, upstream: string): string | null {
  const timeouts = approved?.basis['timeouts'];
  if (typeof timeouts !== 'object' || timeouts === null) return null;
  const found = Object.entries(timeouts).find(([name]) => name === upstream)?.[1];
  return typeof found === 'string' ? found : null;
}

function tenthsOf({ idleMs }: { readonly idleMs: number | null }): number {
  return Math.round((idleMs ?? 0) / 100);
}

/** What may go wrong with idle connections, with the times that are known. */
export function idleRisks(facts: Facts, backends: readonly BackendEndpoint[], ours: string): readonly string[] {
  const known = idlesOf(facts, backends);
  // Alike by their words: which of several is a few milliseconds sooner differs from look to look.
  const closed = closing(facts, backends).sort((a, b) => tenthsOf(a) - tenthsOf(b));
  const [first] = closed;
  const open = known.length > 0 && known.every(({ outcome }) => outcome === 'open');
  const theirs = first
    ? `${formatEndpoint(first)} closes them after ${formatDuration(first.idleMs ?? 0)}`
    : open
      ? `none of them did within ${formatDuration(Math.min(...known.map(({ idleMs }) => idleMs ?? 0)))}`
      : 'their idle timeouts are not known';
  const refusing = known.filter(({ outcome }) => outcome === 'not-kept').map(formatEndpoint);
  return [
    `A backend that closes idle connections sooner than nginx makes 502s, of POST above all: ${theirs}, nginx after ${ours}.`,
    ...(refusing.length === 0
      ? []
      : [
          `${list(refusing)} closed the connection together with its answer: such a backend keeps none, and no pool helps.`,
        ]),
  ];
}

function closing(facts: Facts, backends: readonly BackendEndpoint[]): Idle[] {
  return idlesOf(facts, backends).filter(({ outcome, idleMs }) => outcome === 'closed' && idleMs !== null);
}

function idlesOf(facts: Facts, backends: readonly BackendEndpoint[]): readonly Idle[] {
  return (facts['backend-idle']?.backends ?? []).filter((idle) =>
    backends.some(({ address, port }) => address === idle.address && port === idle.port),
  );
}

/** One significant digit, 10 ms at least. */
function rounded(ms: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(10, ms)));
  return Math.max(10, Math.floor(ms / unit) * unit);
}

function timeText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
