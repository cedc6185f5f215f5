import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { Changes } from '../changes.ts';
import { isObject, type JsonObject, parseJson, textOf } from '../json.ts';
import type { Traffic } from '../traffic.ts';

/** Slack closes further sockets of an app beyond this many (docs.slack.dev/apis/events-api/using-socket-mode). */
const MAX_CONNECTIONS = 10;

/** Clients give up on a server that they have not heard a ping from for 30 s. */
const PING_EVERY_MS = 10_000;

/** A socket that was told to go is closed after this long, as Slack's warning announces it. */
const CLOSE_AFTER_MS = 10_000;

/** How long a client may take to answer a close frame when the sandbox stops. */
const CLOSE_PATIENCE_MS = 1000;

/** Why Slack asks a client to connect anew. */
export type DisconnectReason = 'warning' | 'refresh_requested' | 'too_many_websockets' | 'link_disabled';

/** The bot's Socket Mode connections. */
export interface Connections {
  /** A path and query that opens one socket, once. */
  issueTicket(): string;
  /** Takes over an HTTP upgrade; refuses it when the ticket is unknown. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Sends a frame to exactly one socket, the next in turn; false when none is open. */
  send(frame: JsonObject): boolean;
  /** Sends `disconnect` and sends no more envelopes there. Returns how many sockets were told. */
  disconnect(reason: DisconnectReason, which: 'one' | 'all'): number;
  /** Breaks sockets without a word, as a network does: the one that was sent to last, or all. Returns how many. */
  cut(which: 'one' | 'all'): number;
  readonly count: number;
  /** Closes all sockets with the close handshake, and breaks those that do not answer. */
  stop(): Promise<void>;
}

interface Deps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly appId: string;
  readonly changes: Changes;
  readonly traffic: Traffic;
  /** Every frame from the bot that is a JSON object. */
  readonly onFrame: (frame: JsonObject) => void;
}

/** No connections yet. Each new one is greeted with `hello`. */
export function createConnections(deps: Deps): Connections {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const ready: WebSocket[] = [];

  function drop(socket: WebSocket): void {
    const index = ready.indexOf(socket);
    if (index >= 0) ready.splice(index, 1);
    deps.changes.emit({ kind: 'workspace' });
  }
  function tell(socket: WebSocket, reason: DisconnectReason): void {
    drop(socket);
    say(deps.traffic, socket, { type: 'disconnect', reason, debug_info: { host: 'sandbox' } });
    closeLater(socket, deps.clock);
  }
  function greet(socket: WebSocket): void {
    attend(socket, deps.onFrame, () => drop(socket));
    if (ready.length >= MAX_CONNECTIONS) {
      tell(socket, 'too_many_websockets');
      return;
    }
    ready.push(socket);
    say(deps.traffic, socket, hello(ready.length, deps.appId));
    deps.changes.emit({ kind: 'workspace' });
  }

  return {
    issueTicket: () => {
      const ticket = deps.ids.nonce();
      tickets.add(ticket);
      return `/link?ticket=${ticket}&app_id=${deps.appId}`;
    },
    accept: (request, socket, head) => {
      const url = new URL(request.url ?? '/', 'http://sandbox');
      if (url.pathname === '/link' && tickets.delete(url.searchParams.get('ticket') ?? '')) {
        server.handleUpgrade(request, socket, head, greet);
      } else {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      }
    },
    send: (frame) => {
      const socket = ready.shift();
      if (socket === undefined) return false;
      ready.push(socket);
      say(deps.traffic, socket, frame);
      return true;
    },
    disconnect: (reason, which) => {
      const told = which === 'all' ? [...ready] : ready.slice(0, 1);
      for (const socket of told) tell(socket, reason);
      return told.length;
    },
    cut: (which) => {
      const broken = which === 'all' ? [...ready] : ready.slice(-1);
      for (const socket of broken) {
        drop(socket);
        socket.terminate();
      }
      return broken.length;
    },
    get count() {
      return ready.length;
    },
    stop: () => stopAll(server, deps.clock),
  };
}

/** Listens to a socket and keeps it alive, until it closes. */
function attend(socket: WebSocket, onFrame: (frame: JsonObject) => void, onGone: () => void): void {
  socket.on('message', (data) => {
    const frame = parseJson(String(data));
    if (isObject(frame)) onFrame(frame);
  });
  const pings = setInterval(() => socket.ping(), PING_EVERY_MS);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearInterval(pings);
    onGone();
  });
}

/** Closes a socket that was told to go, unless its client did so before. */
function closeLater(socket: WebSocket, clock: Clock): void {
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  clock.sleep(CLOSE_AFTER_MS, gone.signal).then(
    () => socket.close(),
    () => {
      /* The client was faster. */
    },
  );
}

function say(traffic: Traffic, socket: WebSocket, frame: JsonObject): void {
  socket.send(JSON.stringify(frame));
  traffic.record({ from: 'sandbox', what: `frame ${textOf(frame['type']) ?? ''}`, body: frame });
}

async function stopAll(server: WebSocketServer, clock: Clock): Promise<void> {
  const closed = [...server.clients].map((socket) => once(socket, 'close'));
  for (const socket of server.clients) socket.close(1001);
  const patience = new AbortController();
  await Promise.race([Promise.all(closed), clock.sleep(CLOSE_PATIENCE_MS, patience.signal).catch(() => {})]);
  patience.abort();
  for (const socket of server.clients) socket.terminate();
  server.close();
}

function hello(connections: number, appId: string): JsonObject {
  return {
    type: 'hello',
    num_connections: connections,
    connection_info: { app_id: appId },
    debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18_060 },
  };
}
