import type { Clock } from '../base/clock.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Transport } from '../engine/transport.ts';
import { changeHost } from './change.ts';
import { failure } from './failure.ts';
import { greetHost } from './greet.ts';
import { createPool } from './pool.ts';
import { readHost } from './read.ts';

const MAX_CONNECTIONS = 1000;
const IDLE_MS = 10 * 60_000;
const KEEPALIVE_MS = 5000;

/** What an SSH transport is made of, and how it keeps its connections. */
export interface SshTransportInit {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Connections open at the same time; the longest idle one gives way. */
  readonly maxConnections?: number;
  /** How long an unused connection is kept. */
  readonly idleMs?: number;
  /** Time between keepalives; a host that leaves two unanswered is taken for dead. */
  readonly keepaliveMs?: number;
}

const CLOSED = failure('cancelled', 'The bot is stopping; nothing was sent to the host.');

/** The way to hosts over SSH. Disposing cancels what runs, waits for it, and closes every connection. */
export function createSshTransport(init: SshTransportInit): Transport {
  const { clock, ids, logger } = init;
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  const pool = createPool({
    clock,
    logger,
    maxConnections: init.maxConnections ?? MAX_CONNECTIONS,
    idleMs: init.idleMs ?? IDLE_MS,
    keepaliveMs: init.keepaliveMs ?? KEEPALIVE_MS,
  });

  async function tracked<T>(work: Promise<T>): Promise<T> {
    running.add(work);
    try {
      return await work;
    } finally {
      running.delete(work);
    }
  }

  return {
    async greet(host, { signal }) {
      if (stopping.signal.aborted) return { reachedMs: null, hostKey: null, loggedInMs: null, failure: CLOSED };
      const either = AbortSignal.any([signal, stopping.signal]);
      return tracked(greetHost({ clock, keepaliveMs: init.keepaliveMs ?? KEEPALIVE_MS }, host, either));
    },
    async read(host, steps, options) {
      if (stopping.signal.aborted) return { ...CLOSED, steps: [], durationMs: 0 };
      const signal = AbortSignal.any([options.signal, stopping.signal]);
      return tracked(readHost({ clock, ids, pool }, host, steps, { ...options, signal }));
    },
    async change(host, command, grant, { signal, timeoutMs }) {
      if (stopping.signal.aborted) return CLOSED;
      const either = AbortSignal.any([signal, stopping.signal]);
      return tracked(changeHost({ clock, ids, pool }, { host, command, grant, signal: either, timeoutMs }));
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.allSettled(running);
      await pool[Symbol.asyncDispose]();
    },
  };
}
