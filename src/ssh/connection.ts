import { Socket } from 'node:net';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/error.ts';
import type { Host } from '../inventory/host.ts';
import { algorithmsFor, type HostKeyWish, typesLeft } from './algorithms.ts';
import { type ConnectStage, connectFailure, connectTimeout } from './connect-error.ts';
import { CANCELLED, type Failure, failure } from './failure.ts';
import { type HostTrust, trustOf } from './host-keys.ts';
import { type Identity, identityOf } from './identity.ts';
import { keyType } from './known-hosts.ts';

/** What asking for a command's channel came to. */
export type ExecResult =
  | { readonly kind: 'started'; readonly channel: ClientChannel }
  /** The host opens no further session for now (RFC 4254 section 5.1), for sshd because of MaxSessions. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The connection is gone or does not answer, and the command was not sent. */
  | { readonly kind: 'not_sent'; readonly message: string }
  /** The command was sent, and whether it runs is not known. */
  | { readonly kind: 'unsure'; readonly message: string };

/** A verified, logged-in connection to a host. */
export interface Connection {
  exec(line: string): Promise<ExecResult>;
  /** Whether it can still be used. */
  alive(): boolean;
  /** Why it ended; meaningful once it is not alive. */
  whyLost(): Failure;
  /** Resolves when the socket is closed. */
  readonly gone: Promise<void>;
  /** Says goodbye and closes the socket once that is sent. */
  close(): void;
  /** Closes the socket at once. */
  destroy(): void;
}

/** How connections are kept. */
export interface ConnectOptions {
  readonly clock: Clock;
  readonly keepaliveMs: number;
  /** Gives up connecting when it aborts; a connection that was made is left alone. */
  readonly giveUp?: AbortSignal;
  readonly watch?: ConnectWatch;
}

/** Told how far connecting comes, when it comes there; again for every try. */
interface ConnectWatch {
  /** The host took the TCP connection. */
  reached(): void;
  /** The host showed a key, in SSH wire form, trusted or not. */
  keyShown(key: Buffer): void;
}

/** How long a host is given to close a connection after the goodbye. */
const GOODBYE_MS = 1000;
/** Unanswered keepalives after which the host is taken for dead. */
const KEEPALIVES = 2;

interface Attempt {
  readonly host: Host;
  readonly trust: HostTrust;
  readonly identity: Identity;
  readonly wish: HostKeyWish;
  readonly options: ConnectOptions;
}

type Attempted = { readonly connection: Connection } | { readonly failure: Failure; readonly mismatchedType?: string };

/** Connects, verifies the host's key and logs in; a failure says which of these did not work. Does not throw. */
export async function connect(host: Host, options: ConnectOptions): Promise<Connection | Failure> {
  const [trust, identity] = await Promise.all([trustOf(host), identityOf(host)]);
  if ('kind' in identity) return identity;
  const without: string[] = [];
  let firstFailure: Failure | undefined;
  for (;;) {
    const attempted = await attempt({ host, trust, identity, wish: { first: trust.types, without }, options });
    if ('connection' in attempted) return attempted.connection;
    firstFailure ??= attempted.failure;
    // A fingerprint does not tell the type of the key: the host may show another of its keys first.
    if (!trust.anyType || attempted.mismatchedType === undefined) return firstFailure;
    without.push(attempted.mismatchedType);
    if (!typesLeft(without)) return firstFailure;
  }
}

/**
 * The key that a host shows, of a type that is known for it where it has one. Trusts nothing, logs nobody in, sends
 * nothing. Does not throw.
 */
export async function shownKey(host: Host, options: ConnectOptions): Promise<Buffer | Failure> {
  const { types } = await trustOf(host);
  const shown: Buffer[] = [];
  const judge = (key: Buffer): Failure => {
    shown.push(Buffer.from(key));
    return CANCELLED;
  };
  const attempted = await attempt({
    host,
    trust: { types, anyType: false, judge },
    identity: { authHandler: ['publickey'] },
    wish: { first: types, without: [] },
    options,
  });
  if ('connection' in attempted) throw new Error(`${host.name} logged somebody in without having shown a key`);
  return shown[0] ?? attempted.failure;
}

function attempt({ host, trust, identity, wish, options }: Attempt): Promise<Attempted> {
  const client = new Client();
  const socket = new Socket();
  const over = new AbortController();
  let stage: ConnectStage = 'tcp';
  let refused: Attempted | undefined;

  const verify = (key: Buffer): boolean => {
    options.watch?.keyShown(key);
    const reason = trust.judge(key);
    const type = keyType(key);
    if (reason)
      refused = { failure: reason, ...(type !== undefined && mismatched(reason) && { mismatchedType: type }) };
    return reason === undefined;
  };

  return new Promise((resolve) => {
    function fail(reason: Failure): void {
      over.abort();
      socket.destroy();
      resolve(refused ?? { failure: reason });
    }
    // Stays for the connection's life: an 'error' that nobody listens to would end the process.
    client.on('error', (error) => fail(connectFailure(host, stage, error)));
    client.on('close', () => fail(connectFailure(host, stage, new Error('connection closed'))));
    client.once('handshake', () => {
      stage = 'login';
    });
    client.once('ready', () => {
      over.abort();
      resolve({ connection: established(host, client, socket) });
    });
    socket.once('connect', () => {
      stage = 'handshake';
      options.watch?.reached();
    });
    options.clock.sleep(host.connectTimeoutMs, over.signal).then(
      () => fail(connectTimeout(host, stage)),
      () => {},
    );
    options.giveUp?.addEventListener('abort', () => fail(CANCELLED), { once: true, signal: over.signal });
    if (options.giveUp?.aborted) {
      fail(CANCELLED);
      return;
    }
    try {
      // ssh2 neither sets TCP_NODELAY by itself nor destroys a half-closed socket, so the socket is ours.
      socket.setNoDelay(true);
      socket.connect({ host: host.address, port: host.port });
      client.connect({
        ...configOf(host, identity, options),
        sock: socket,
        algorithms: algorithmsFor(wish),
        hostVerifier: verify,
      });
    } catch (error) {
      fail(connectFailure(host, stage, error));
    }
  });
}

function mismatched(reason: Failure): boolean {
  return reason.kind === 'host_key_mismatch';
}

function configOf(host: Host, identity: Identity, options: ConnectOptions): ConnectConfig {
  return {
    ...identity,
    username: host.user,
    // The deadline of connecting is kept above, where it is known how far it came.
    readyTimeout: 0,
    keepaliveInterval: options.keepaliveMs,
    keepaliveCountMax: KEEPALIVES,
  };
}

function established(host: Host, client: Client, socket: Socket): Connection {
  let lost: Failure | undefined;
  const lose = (kind: 'timed_out' | 'unreachable', why: string) => {
    lost ??= failure(kind, `The connection to ${host.name} was lost (${why}); check that the host is up and its load.`);
    socket.destroy();
  };
  client.on('error', (error) => {
    const silent = error.level === 'client-timeout';
    lose(silent ? 'timed_out' : 'unreachable', silent ? 'it stopped answering' : error.message);
  });
  client.on('end', () => lose('unreachable', 'the host closed it'));
  const gone = new Promise<void>((resolve) => {
    client.once('close', () => {
      lose('unreachable', 'closed');
      resolve();
    });
  });
  return {
    exec: (line) => execOn(client, line),
    alive: () => lost === undefined,
    whyLost: () => lost ?? failure('unreachable', `The connection to ${host.name} was lost.`),
    gone,
    close() {
      lost ??= failure('unreachable', `The connection to ${host.name} was closed.`);
      client.end();
      socket.destroySoon();
    },
    destroy: () => lose('unreachable', 'it did not answer'),
  };
}

/** Closes a connection and waits until it is gone; one that does not answer is cut. */
export async function sayGoodbye(connection: Connection, clock: Clock): Promise<void> {
  connection.close();
  const patience = new AbortController();
  await Promise.race([connection.gone, clock.sleep(GOODBYE_MS, patience.signal).catch(() => {})]);
  patience.abort();
  connection.destroy();
  await connection.gone;
}

function execOn(client: Client, line: string): Promise<ExecResult> {
  return new Promise((resolve) => {
    try {
      client.exec(line, (error, channel) => resolve(error ? notStarted(error) : { kind: 'started', channel }));
    } catch (error) {
      resolve({ kind: 'not_sent', message: messageOf(error) });
    }
  });
}

/* ssh2 sends the command as soon as the channel is open, and reports both failures through the same callback. */
function notStarted(error: Error): ExecResult {
  const { message } = error;
  if ('reason' in error && typeof error.reason === 'number') return { kind: 'refused', message };
  return { kind: message.startsWith('Unable to exec') ? 'unsure' : 'not_sent', message };
}
