import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Host } from '../inventory/host.ts';
import { type Connection, type ConnectOptions, connect, sayGoodbye } from './connection.ts';
import type { Failure } from './failure.ts';
import { createGate, type Gate } from './gate.ts';

/*
 * sshd's default MaxSessions is 10, and sessions that just ended still count for a moment; two are kept free for ending
 * what a cancelled run left behind.
 */
const CHANNELS_PER_HOST = 8;
/** Handshakes at a time: each costs Node about 5 ms of CPU. */
const CONNECTS_AT_ONCE = 64;

/** How connections are kept warm. */
export interface WarmOptions extends ConnectOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxConnections: number;
  readonly idleMs: number;
}

/** A host with its one connection, or none for now. */
export interface WarmHost {
  readonly host: Host;
  /** Places for channels on the connection. */
  readonly channels: Gate;
}

interface Entry extends WarmHost {
  readonly key: string;
  users: number;
  connection: Connection | undefined;
  connecting: Promise<Connection | Failure> | undefined;
  /** Aborted when the entry is used again. */
  idle: AbortController | undefined;
}

/**
 * One connection for each host: opened when first needed and shared while it opens, closed when it was idle for long or
 * when another host needs its place.
 */
export class WarmConnections implements AsyncDisposable {
  readonly #options: WarmOptions;
  /** In the order of last use: an entry that becomes idle moves to the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #places: Gate;
  readonly #handshakes = createGate(CONNECTS_AT_ONCE);
  readonly #closing = new AbortController();

  constructor(options: WarmOptions) {
    this.#options = options;
    this.#places = createGate(options.maxConnections);
  }

  /** Takes a host into use, which keeps its connection open until `done` is called. */
  use(host: Host): { readonly warm: WarmHost; readonly connection: () => Promise<Connection | Failure>; done(): void } {
    const entry = this.#entryOf(host);
    entry.users += 1;
    entry.idle?.abort();
    entry.idle = undefined;
    return {
      warm: entry,
      connection: () => this.#connectionOf(entry),
      done: () => {
        entry.users -= 1;
        if (entry.users === 0) this.#rest(entry);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const open = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(open.map((entry) => this.#goodbye(entry)));
  }

  #entryOf(host: Host): Entry {
    const key = keyOf(host);
    const known = this.#entries.get(key);
    if (known) return known;
    const channels = createGate(CHANNELS_PER_HOST);
    const entry: Entry = {
      key,
      host,
      channels,
      users: 0,
      connection: undefined,
      connecting: undefined,
      idle: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #connectionOf(entry: Entry): Promise<Connection | Failure> {
    if (entry.connection?.alive()) return Promise.resolve(entry.connection);
    entry.connecting ??= this.#open(entry).finally(() => {
      entry.connecting = undefined;
      if (entry.users === 0) this.#rest(entry);
    });
    return entry.connecting;
  }

  async #open(entry: Entry): Promise<Connection | Failure> {
    const placeTaken = this.#places.enter();
    this.#makeRoom();
    const leavePlace = await placeTaken;
    const leaveHandshake = await this.#handshakes.enter();
    const connection = await connect(entry.host, { ...this.#options, giveUp: this.#closing.signal });
    leaveHandshake?.();
    const { logger } = this.#options;
    if ('kind' in connection) {
      leavePlace?.();
      logger.warn('ssh connection failed', { host: entry.host.name, outcome: connection.kind });
      return connection;
    }
    entry.connection = connection;
    void connection.gone.then(() => {
      leavePlace?.();
      if (entry.connection === connection) entry.connection = undefined;
    });
    logger.debug('ssh connection opened', { host: entry.host.name });
    return connection;
  }

  #rest(entry: Entry): void {
    if (entry.connecting) return;
    this.#entries.delete(entry.key);
    if (!entry.connection?.alive()) return;
    this.#entries.set(entry.key, entry);
    const idle = new AbortController();
    entry.idle = idle;
    this.#options.clock.sleep(this.#options.idleMs, idle.signal).then(
      () => this.#retire(entry),
      () => {},
    );
    this.#makeRoom();
  }

  #retire(entry: Entry): void {
    entry.idle?.abort();
    this.#entries.delete(entry.key);
    entry.connection?.close();
  }

  #makeRoom(): void {
    if (this.#places.waiting() === 0) return;
    const unused = [...this.#entries.values()].find((entry) => entry.users === 0 && entry.connection !== undefined);
    if (unused) this.#retire(unused);
  }

  async #goodbye(entry: Entry): Promise<void> {
    entry.idle?.abort();
    const connection = entry.connection ?? (await entry.connecting);
    if (!connection || 'kind' in connection) return;
    entry.idle?.abort();
    await sayGoodbye(connection, this.#options.clock);
  }
}

/* Hosts that are reached differently never share a connection, even when the inventory changed in between. */
function keyOf(host: Host): string {
  const { address, port, user, hostKey, knownHosts, identityFile, agentSocket } = host;
  return JSON.stringify([address, port, user, hostKey, knownHosts, identityFile, agentSocket]);
}
