import { formatNumber } from '../../base/format.ts';
import { editActions, editsText, keptFromEditing, loadAction } from '../nginx-edit/actions.ts';
import { type Edit, insertAt, replaceArgument } from '../nginx-edit/edit.ts';
import { formatRate, roundedUp } from '../nginx-edit/effect.ts';
import { atLeast, type EditableNginx, editableNginx, nginxText, refused } from '../nginx-edit/host.ts';
import { named, placeText } from '../nginx-edit/placed.ts';
import type { HostPlan, PlanInput, Planned } from '../remedy.ts';
import {
  type ClientTraffic,
  clientPorts,
  clientTraffic,
  type RequestLimits,
  requestLimits,
  timeoutZero,
} from './limits.ts';

/** nginx's default since 1.19.10; below it a limit is dated. */
const LEAST_REQUESTS = 1000;

/** nginx frees what belongs to a connection only at its end, so connections have to end some time (ngx_http_core_module). */
const MOST_REQUESTS = 100_000;

/** TIME_WAIT sockets that the limit alone may leave. */
const WANTED_TIME_WAIT = 1000;

/** Two rates are called equal within this factor. */
const LIKE = 0.3;

/** Plans more requests per client connection, where the limit is what makes nginx close them. */
export function planClientKeepalive(input: PlanInput): Planned {
  const nginx = editableNginx(input.facts);
  if ('kind' in nginx) return nginx;
  const ports = clientPorts(nginx);
  const traffic = clientTraffic(input.facts, ports);
  if (!traffic) return refused('The sockets are needed to tell why nginx closes connections.');
  const limits = requestLimits(nginx);
  const requests = wantedRequests(traffic, limits, input.approved);
  const edits = editsOf(nginx, limits, requests);
  const worked: Worked = { input, nginx, ports, traffic, limits, requests };
  const reason = quiet(input, traffic) ?? whyNothing(worked, edits);
  if (reason !== null) return { kind: 'nothing', reason };
  if (!edits) return refused('No place was found for keepalive_requests; put it into http { } by hand.');
  const actions = editActions(edits);
  if (!actions) return refused('Two places ask for different values at the same spot; change it by hand.');
  const kept = edits.map(({ file }) => keptFromEditing(file)).find((found) => found !== null);
  if (kept) return { kind: 'advice', reason: `${kept}.`, text: editsText(actions) };
  return { kind: 'change', plan: planOf(worked, [...actions, loadAction(nginx)]) };
}

/** The smallest limit that is in force somewhere. */
function smallest({ written, byDefault, defaultInForce }: RequestLimits): number {
  return Math.min(...written.map(({ requests }) => requests), ...(defaultInForce ? [byDefault] : []));
}

/** From this many closes per second on, a limit of 1000 and more is worth raising, too. */
const MANY_CLOSES_PER_SECOND = 100;

/** The largest of the limits that a plan would raise. */
function largestBelow({ written, byDefault, defaultInForce }: RequestLimits, wanted: number): number {
  const all = [...written.map(({ requests }) => requests), ...(defaultInForce ? [byDefault] : [])];
  return Math.max(1, ...all.filter((requests) => requests < wanted));
}

/** `requests/s x 60 s / wanted TIME_WAIT`, 1000 at least; more only for a load that was measured. What was approved stays. */
function wantedRequests(traffic: ClientTraffic, limits: RequestLimits, approved: HostPlan | undefined): number {
  const before = approved?.basis['keepaliveRequests'];
  if (typeof before === 'number') return before;
  const perSecond = traffic.requestsPerSecond;
  const busy = smallest(limits) < LEAST_REQUESTS || traffic.closesPerSecond >= MANY_CLOSES_PER_SECOND;
  const wanted = perSecond === null || !busy ? LEAST_REQUESTS : roundedUp((perSecond * 60) / WANTED_TIME_WAIT);
  return Math.min(MOST_REQUESTS, Math.max(LEAST_REQUESTS, wanted));
}

/** Where the value is now, or at http level; null when there is no place for it. */
function editsOf(nginx: EditableNginx, limits: RequestLimits, requests: number): readonly Edit[] | null {
  const low = limits.written.filter((limit) => limit.requests < requests);
  const replaced = low.map(({ placed }) => replaceArgument(placed, 0, String(requests)));
  const added = limits.defaultInForce && limits.byDefault < requests ? [atHttpLevel(nginx, requests)] : [];
  const edits = [...replaced, ...added];
  return edits.includes(null) ? null : edits.filter((edit) => edit !== null);
}

function atHttpLevel({ placed }: EditableNginx, requests: number): Edit | null {
  const [http] = named(placed, 'http');
  if (!http?.directive.block) return null;
  const context = [http.directive.line];
  const timeout = named(http.children, 'keepalive_timeout').at(-1);
  const statement = `keepalive_requests ${requests};`;
  return timeout
    ? insertAt(timeout.anchor.file, timeout.anchor.directive.after, statement, { context })
    : insertAt(http.file, http.directive.block.inside, statement, { context });
}

/** Fewer than this many TIME_WAIT sockets are nothing that a limit has to be changed for. */
const FEW_TIME_WAIT = 100;

function quiet({ approved }: PlanInput, { timeWait }: ClientTraffic): string | null {
  if (approved || timeWait >= FEW_TIME_WAIT) return null;
  return `${formatNumber(timeWait)} TIME_WAIT on nginx's own ports: it hardly closes any client connections.`;
}

/** Why the limit is left alone; null when it is what closes the connections, or may be. */
function whyNothing({ input, nginx, limits, traffic, requests }: Worked, edits: readonly Edit[] | null): string | null {
  const { approved } = input;
  const limit = smallest(limits);
  const zero = timeoutZero(nginx);
  if (zero)
    return `${placeText(zero)}: keepalive_timeout 0 closes after every response, whatever keepalive_requests is.`;
  if (!atLeast(nginx.version, 0, 8, 0)) return `nginx ${nginx.version.text} has no keepalive_requests.`;
  if (edits?.length === 0) {
    const source = limits.written.length === 0 ? `nginx ${nginx.version.text}'s default` : 'the smallest that is set';
    return `A client connection carries ${formatNumber(limit)} requests already (${source}), and ${formatNumber(traffic.timeWait)} TIME_WAIT on nginx's ports are no reason to raise that.`;
  }
  const perSecond = traffic.requestsPerSecond;
  if (perSecond === null || approved) return null;
  const closes = `${formatRate(traffic.closesPerSecond)} closes/s at ${formatRate(perSecond)} requests/s`;
  if (limit > 1 && alike(traffic.closesPerSecond, perSecond)) {
    return `${closes}: clients send one request per connection. That is cured in the clients or the load balancer, not here.`;
  }
  const fewest = perSecond / largestBelow(limits, requests);
  if (traffic.closesPerSecond > fewest * (1 - LIKE)) return null;
  return `${closes} are fewer than keepalive_requests would make (${formatRate(fewest)}/s): the limit is not what closes them.`;
}

function alike(a: number, b: number): boolean {
  return Math.abs(a - b) <= LIKE * Math.max(a, b);
}

interface Worked {
  readonly input: PlanInput;
  readonly nginx: EditableNginx;
  readonly ports: readonly number[];
  readonly traffic: ClientTraffic;
  readonly limits: RequestLimits;
  readonly requests: number;
}

function planOf({ input, nginx, ports, traffic, limits, requests }: Worked, actions: HostPlan['actions']): HostPlan {
  const limit = smallest(limits);
  const perSecond = traffic.requestsPerSecond ?? traffic.closesPerSecond * limit;
  const closes = perSecond / requests;
  const bound = roundedUp(Math.max(3 * 60 * closes, traffic.timeWait / 20, 100));
  return {
    host: input.host,
    actions,
    basis: {
      nginx: nginxText(nginx),
      ports,
      keepaliveRequests: requests,
    },
    predicted: [
      `${formatRate(traffic.closesPerSecond)} → about ${formatRate(closes)} client connections/s closed by nginx: ${formatNumber(limit)} → ${formatNumber(requests)} requests per connection at ${traffic.requestsPerSecond === null ? 'about ' : ''}${formatRate(perSecond)} requests/s.`,
      traffic.timeWait > bound
        ? `${formatNumber(traffic.timeWait)} → under ${formatNumber(bound)} TIME_WAIT on nginx's own ports within 75 s.`
        : `${formatNumber(traffic.timeWait)} TIME_WAIT on nginx's own ports; they stay under ${formatNumber(bound)}.`,
    ],
    targets: { timeWaitSockets: bound },
    risks: [
      ...(traffic.requestsPerSecond === null
        ? [
            'Requests/s were not measured: if the clients themselves send one request per connection, this changes nothing.',
          ]
        : []),
      'nginx frees the memory of a connection when it closes, so connections that last longer hold more of it.',
      'A load balancer in front that spreads connections, not requests, evens out its load more slowly.',
    ],
    proof: [
      'nginx -t accepts the files, and the same master has new workers.',
      'After 15 s: the master lives and the error log has no new upstream errors (if it has, the host is put back); new client connections per request are counted.',
      `After 75 s: at most ${formatNumber(bound)} TIME_WAIT sockets on nginx's own ports.`,
    ],
  };
}
