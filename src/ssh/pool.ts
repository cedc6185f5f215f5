import type { ClientChannel } from 'ssh2';
import type { Clock } from '../base/clock.ts';
import type { Host } from '../inventory/host.ts';
import type { Connection, ExecResult } from './connection.ts';
import { CANCELLED, type Failure, failure } from './failure.ts';
import { WarmConnections, type WarmOptions } from './warm-connections.ts';

/** How often a session is asked for again while the host refuses, and how long to wait at most before each. */
const REFUSALS = 25;
const REFUSAL_WAIT_MS = 1000;

/** What is needed to run one command. */
interface ExecRequest {
  readonly host: Host;
  readonly line: string;
  readonly signal: AbortSignal;
  /** Asked right before the command is sent; a failure keeps it back. */
  readonly objection?: () => Failure | undefined;
}

/** A command that was started, on a channel of its own. */
interface Lease {
  readonly channel: ClientChannel;
  readonly connection: Connection;
  /** Gives the channel's place back; call once the channel is done with. */
  release(): void;
}

/** Runs commands over warm connections, a few at a time on each host. */
export interface Pool extends AsyncDisposable {
  exec(request: ExecRequest): Promise<Lease | Failure>;
}

/** A pool; a connection that is found dead is replaced once for each command. */
export function createPool(options: WarmOptions): Pool {
  const hosts = new WarmConnections(options);
  return {
    async exec(request) {
      const { warm, connection, done } = hosts.use(request.host);
      const leave = await warm.channels.enter(request.signal);
      const release = () => {
        leave?.();
        done();
      };
      const started = leave ? await start(connection, request, options.clock) : CANCELLED;
      if ('channel' in started) return { ...started, release };
      release();
      return started;
    },
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  };
}

async function start(
  connect: () => Promise<Connection | Failure>,
  request: ExecRequest,
  clock: Clock,
): Promise<Omit<Lease, 'release'> | Failure> {
  let reopened = false;
  for (let refusals = 0; refusals <= REFUSALS; ) {
    const connection = await unlessAborted(connect(), request.signal);
    if (connection === undefined) return CANCELLED;
    if ('kind' in connection) return connection;
    const objection = request.objection?.();
    if (objection) return objection;
    const result = await answered(connection, request, clock);
    if (result.kind === 'started') return { channel: result.channel, connection };
    if (result.kind === 'unsure') return unsure(request.host, result.message);
    if (result.kind === 'refused') {
      refusals += 1;
      await clock.sleep(Math.min(20 * 2 ** refusals, REFUSAL_WAIT_MS), request.signal).catch(() => {});
      continue;
    }
    connection.destroy();
    if (reopened) return connection.whyLost();
    reopened = true;
  }
  return tooManySessions(request.host);
}

/* A host that does not answer a request for a channel has lost the connection without saying so. */
async function answered(connection: Connection, request: ExecRequest, clock: Clock): Promise<ExecResult> {
  const patience = new AbortController();
  clock.sleep(request.host.connectTimeoutMs, patience.signal).then(
    () => connection.destroy(),
    () => {},
  );
  const result = await connection.exec(request.line);
  patience.abort();
  return result;
}

/* The connection goes on opening: others may wait for the same one. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(undefined);
    signal.addEventListener('abort', giveUp, { once: true });
    promise.finally(() => signal.removeEventListener('abort', giveUp)).then(resolve, reject);
  });
}

function unsure(host: Host, message: string): Failure {
  return failure(
    'unknown',
    `${host.name} did not say whether it started the command (${message}); look at the host before trying again.`,
  );
}

function tooManySessions(host: Host): Failure {
  return failure(
    'unreachable',
    `${host.name} opens no further session; raise MaxSessions in its sshd_config or close other sessions.`,
  );
}
