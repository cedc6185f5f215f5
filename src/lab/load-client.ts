import { connect, type Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';

/** How a client of one host behaves. */
export interface LoadClientOptions {
  readonly clock: Clock;
  readonly address: string;
  readonly port: number;
  readonly mode: 'keep-alive' | 'close';
  readonly maxSockets: number;
  /** From `send` to the end of the answer. */
  readonly timeoutMs: number;
}

/** What came of a request: the status of the answer, or an error code. */
export type RequestOutcome = { readonly status: number } | { readonly error: string };

interface Exchange {
  readonly path: string;
  readonly done: (outcome: RequestOutcome) => void;
  readonly startedMs: number;
  retried: boolean;
}

interface Connection {
  readonly socket: Socket;
  exchange: Exchange | undefined;
  /** Answers that it has carried. */
  served: number;
  /** What of the present answer has arrived, a character per byte. */
  received: string;
  error: string;
}

/**
 * GET requests to one host over as few connections as their number at a time allows. It is far cheaper than an agent of
 * node:http, because the load shares the machine with what it loads. A request whose reused connection was closed before
 * a byte of the answer came is sent once more, as RFC 9112 9.3.1 has clients do for idempotent requests.
 */
export class LoadClient {
  readonly #options: LoadClientOptions;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #waiting: Exchange[] = [];
  #open = 0;
  #retried = 0;

  constructor(options: LoadClientOptions) {
    this.#options = options;
  }

  /** Requests that were sent once more. */
  get retried(): number {
    return this.#retried;
  }

  /** Sends a request, or lets it wait for a free connection; `done` is called once. */
  send(path: string, done: Exchange['done']): void {
    this.#start({ path, done, startedMs: this.#options.clock.monotonicMs(), retried: false });
  }

  /** Gives up requests that take longer than the time limit; to be called every now and then. */
  expire(): void {
    const oldestMs = this.#options.clock.monotonicMs() - this.#options.timeoutMs;
    for (const connection of this.#busy) {
      if (connection.exchange === undefined || connection.exchange.startedMs > oldestMs) continue;
      connection.error = 'ETIMEDOUT';
      connection.socket.destroy();
    }
    while (this.#waiting[0] !== undefined && this.#waiting[0].startedMs <= oldestMs) {
      this.#waiting.shift()?.done({ error: 'ETIMEDOUT' });
    }
  }

  #start(exchange: Exchange): void {
    const connection = this.#idle.pop();
    if (connection !== undefined) this.#write(connection, exchange);
    else if (this.#open < this.#options.maxSockets) this.#write(this.#connect(), exchange);
    else this.#waiting.push(exchange);
  }

  #connect(): Connection {
    this.#open += 1;
    const socket = connect({ host: this.#options.address, port: this.#options.port, noDelay: true }).setEncoding(
      'latin1',
    );
    const connection: Connection = { socket, exchange: undefined, served: 0, received: '', error: 'ECONNRESET' };
    socket.on('data', (text: string) => this.#received(connection, text));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      connection.error = error.code ?? 'error';
    });
    socket.on('close', () => this.#closed(connection));
    return connection;
  }

  #write(connection: Connection, exchange: Exchange): void {
    const { mode, address } = this.#options;
    connection.exchange = exchange;
    connection.received = '';
    this.#busy.add(connection);
    connection.socket.write(`GET ${exchange.path} HTTP/1.1\r\nHost: ${address}\r\nConnection: ${mode}\r\n\r\n`);
  }

  #received(connection: Connection, text: string): void {
    const { exchange } = connection;
    if (exchange === undefined) return;
    connection.received += text;
    const answer = parseAnswer(connection.received);
    if (answer === undefined) return;
    connection.exchange = undefined;
    connection.served += 1;
    this.#busy.delete(connection);
    exchange.done({ status: answer.status });
    // The server closes then, and the connection's place is free once it has.
    if (answer.closes) return;
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else this.#write(connection, next);
  }

  #closed(connection: Connection): void {
    const { exchange } = connection;
    this.#open -= 1;
    this.#busy.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place >= 0) this.#idle.splice(place, 1);
    if (exchange !== undefined) this.#lost(connection, exchange);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
  }

  #lost({ served, received, error }: Connection, exchange: Exchange): void {
    if (served === 0 || received !== '' || exchange.retried || error === 'ETIMEDOUT') {
      exchange.done({ error });
      return;
    }
    exchange.retried = true;
    this.#retried += 1;
    this.#start(exchange);
  }
}

/** A whole answer with a length (RFC 9112 6.3); undefined while some of it is missing. */
function parseAnswer(text: string): { readonly status: number; readonly closes: boolean } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
  if (!(text.length >= end + 4 + length)) return undefined;
  return { status: Number(head.slice(9, 12)), closes: /\r\nconnection: close/i.test(head) };
}
