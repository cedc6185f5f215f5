import { type App, SocketModeReceiver } from '@slack/bolt';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import type { Secret } from '../base/secret.ts';
import { fetchUntil, slackApi } from './api-client.ts';
import { quietBoltLogger } from './bolt-logger.ts';
import { isRefusal, pauseMs, refusedToken } from './intake.ts';

/*
 * The Socket Mode client of Slack's SDK reconnects by itself, but socket-mode 3.1.0 waits five seconds first, leaves an
 * unhandled rejection behind when an answer is not one it retries (SocketModeClient.js, delayReconnectAttempt), and opens
 * a socket after it was told to disconnect when the answer to apps.connections.open comes late. So each connection here is
 * a client of its own that never reconnects, and this loop opens the next one.
 */

/** One Socket Mode connection that is opened again for as long as it is wanted. */
export interface KeptSocket {
  init(app: App): void;
  /** Resolves with the first connection. Rejects with config/invalid when Slack refuses the app token before there is one. */
  open(): Promise<void>;
  readonly isConnected: boolean;
  /** Why there is no connection; undefined = there is one, or none was tried yet. */
  readonly trouble: string | undefined;
  /** Closes it for good; also in the middle of a try. */
  stop(): Promise<void>;
}

/** What a kept socket needs. */
export interface KeptSocketDeps {
  readonly appToken: Secret;
  readonly slackApiUrl: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opening one: the answer to apps.connections.open, and then the greeting. */
const CALL_TIMEOUT_MS = 10_000;
const GREETING_MS = 20_000;
/** A connection that ends sooner is no reason to hurry with the next. */
const SHORT_LIFE_MS = 5000;
const CLOSE_PATIENCE_MS = 1000;

/** A socket that nobody has opened yet. */
export function createKeptSocket(deps: KeptSocketDeps): KeptSocket {
  return new ReopenedSocket(deps);
}

/** One connection, open until `ended`. */
interface Connection {
  readonly ended: Promise<void>;
}

class ReopenedSocket implements KeptSocket {
  readonly #deps: KeptSocketDeps;
  readonly #stopping = new AbortController();
  #app: App | undefined;
  #keeping: Promise<void> | undefined;
  #client: SocketModeReceiver['client'] | undefined;
  #isConnected = false;
  #trouble: string | undefined;

  constructor(deps: KeptSocketDeps) {
    this.#deps = deps;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  init(app: App): void {
    this.#app = app;
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#keeping ??= this.#keep(resolve, reject).finally(resolve);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#disconnect();
    await this.#keeping;
  }

  async #keep(opened: () => void, refused: (error: unknown) => void): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const startMs = clock.monotonicMs();
      let failure: unknown;
      try {
        const { ended } = await this.#connect();
        this.#noteConnected();
        opened();
        await ended;
        failures = clock.monotonicMs() - startMs < SHORT_LIFE_MS ? failures + 1 : 0;
        if (!signal.aborted) logger.debug('a Slack socket was closed');
      } catch (error) {
        failure = error;
        failures += 1;
        if (isRefusal(error)) refused(refusedToken('app', error));
        if (!signal.aborted) this.#noteTrouble(error);
      }
      this.#isConnected = false;
      if (failures > 0) await clock.sleep(pauseMs(failures, failure), signal).catch(() => {});
    }
  }

  /** Resolves when Slack has greeted; rejects with why there is no connection. */
  async #connect(): Promise<Connection> {
    const { client } = this.#createReceiver();
    this.#client = client;
    let socketError: unknown;
    client.on('error', (error: unknown) => {
      socketError = error;
    });
    const ended = new Promise<void>((resolve) => {
      client.once('disconnected', () => resolve());
    });
    const greeted = client.start().then(
      () => true,
      (error: unknown) => {
        throw error ?? socketError ?? new Error('the connection was closed before Slack greeted');
      },
    );
    if (!(await this.#within(GREETING_MS, greeted))) {
      await this.#disconnect();
      throw new Error(`Slack did not greet within ${GREETING_MS / 1000} s`);
    }
    if (this.#stopping.signal.aborted) await this.#disconnect();
    return { ended };
  }

  #createReceiver(): SocketModeReceiver {
    const { appToken, slackApiUrl, logger } = this.#deps;
    const receiver = new SocketModeReceiver({
      appToken: appToken.reveal(),
      autoReconnectEnabled: false,
      logger: quietBoltLogger(logger),
      processEventErrorHandler: async ({ error }) => {
        logger.error('a delivery of Slack could not be handled', { error: messageOf(error) });
        return false;
      },
      installerOptions: {
        clientOptions: {
          ...slackApi(slackApiUrl),
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
          timeout: CALL_TIMEOUT_MS,
          fetch: fetchUntil(this.#stopping.signal),
        },
      },
    });
    if (this.#app) receiver.init(this.#app);
    return receiver;
  }

  /** Asks for the close handshake, and breaks the connection when it does not come. */
  async #disconnect(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    const closed = client.disconnect().then(() => true);
    if (!(await this.#within(CLOSE_PATIENCE_MS, closed))) await client.disconnect();
  }

  async #within(ms: number, work: Promise<boolean>): Promise<boolean> {
    const waiting = new AbortController();
    const late = this.#deps.clock.sleep(ms, waiting.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([work, late]);
    } finally {
      waiting.abort();
    }
  }

  #noteConnected(): void {
    if (this.#trouble !== undefined) this.#deps.logger.info('a Slack socket is open again');
    this.#isConnected = true;
    this.#trouble = undefined;
  }

  #noteTrouble(error: unknown): void {
    const reason = messageOf(error);
    if (reason !== this.#trouble) this.#deps.logger.warn('a Slack socket cannot be opened', { error: reason });
    this.#trouble = reason;
  }
}
