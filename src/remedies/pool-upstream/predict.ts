import { formatNumber } from '../../base/format.ts';
import type { Facts } from '../../probes/registry.ts';
import { formatRate, roundedUp, TIME_WAIT_SECONDS } from '../nginx-edit/effect.ts';
import { atLeast, type EditableNginx } from '../nginx-edit/host.ts';
import { type BackendEndpoint, timeWaitOf } from './size.ts';

/** The effect of pooling, in numbers. */
export interface Prediction {
  readonly sentences: readonly string[];
  /** Absent when nothing was measured. */
  readonly targets?: Readonly<Record<string, number>>;
}

/** Requests that one pooled connection carries: what a block says, else 1000 since 1.19.10 and 100 before (CHANGES). */
function requestsPerConnection({ config, version }: EditableNginx, limited: readonly string[]): number {
  const written = config.upstreams.flatMap(({ name, keepaliveRequests }) =>
    keepaliveRequests && limited.includes(name) ? [keepaliveRequests.value] : [],
  );
  return Math.max(1, Math.min(...written, atLeast(version, 1, 19, 10) ? 1000 : 100));
}

/** Backends whose connections get a pool. */
export interface PredictedPools {
  /** Upstream blocks whose keepalive_requests stays as it is. */
  readonly limited: readonly string[];
  readonly backends: readonly BackendEndpoint[];
}

/**
 * Without a pool every request opens a connection, so opens/s are requests/s; with one it is requests/s divided by what a
 * connection carries. TIME_WAIT follow as closes/s x 60 s. The targets leave room for bursts and for other connections.
 */
export function predict(facts: Facts, nginx: EditableNginx, { limited, backends }: PredictedPools): Prediction {
  const opens = facts['tcp-counters']?.perSecond.ActiveOpens;
  const closed = timeWaitOf(facts, backends);
  if (opens === undefined || closed === null) return { sentences: [WITHOUT_NUMBERS] };
  const carried = requestsPerConnection(nginx, limited);
  const timeWait = closed.backendClosed + closed.nginxClosed;
  if (opens < 1 && timeWait === 0) return { sentences: [IDLE] };
  const requests = Math.max(opens, facts.requests?.requestsPerSecond ?? 0);
  const opensAfter = Math.max(1, Math.ceil(requests / carried));
  const bound = roundedUp(Math.max(3 * TIME_WAIT_SECONDS * (requests / carried), timeWait / 50, 100));
  return {
    sentences: [
      `${formatRate(opens)} → about ${formatNumber(opensAfter)} new upstream connections/s within 15 s: ${formatNumber(carried)} requests per connection.`,
      ...(timeWait > bound
        ? [
            `${formatNumber(timeWait)} → under ${formatNumber(bound)} TIME_WAIT of these backends within 75 s; those there are now last their 60 s.`,
          ]
        : [`${formatNumber(timeWait)} TIME_WAIT of these backends; they stay under ${formatNumber(bound)}.`]),
      'TIME_WAIT of clients on nginx’s own ports are not changed by this.',
    ],
    targets: { opensPerSecond: opens / 5, timeWaitSockets: bound },
  };
}

const WITHOUT_NUMBERS =
  'New upstream connections fall to about one per 1,000 requests; the present rate was not measured.';
const IDLE = 'nginx opens no connections to these backends now; under load it will open about one per 1,000 requests.';
