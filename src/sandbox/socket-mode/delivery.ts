import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { Faults } from '../faults.ts';
import { isObject, type JsonObject, textOf } from '../json.ts';
import type { Traffic } from '../traffic.ts';

/** Slack waits this long for an ack before it tells the person that the app did not answer. */
const ACK_DEADLINE_MS = 3000;

/** Slack sends an event that was not acked again: at once, after a minute and after five. */
const RETRY_AFTER_MS: readonly number[] = [0, 60_000, 300_000];

/** What came of handing one envelope to the bot. */
export type Delivery =
  | { readonly outcome: 'acked'; readonly ackedInMs: number; readonly payload: JsonObject }
  | { readonly outcome: 'operation_timeout' }
  | { readonly outcome: 'dispatch_failed' };

/** One envelope before it has an id. */
interface Envelope {
  readonly type: 'slash_commands' | 'interactive' | 'events_api';
  readonly payload: JsonObject;
}

/** Hands envelopes to the bot and waits for acks. */
export interface Courier {
  /** Delivers once; resolves with the ack, the timeout, or at once when no socket is open. */
  deliver(envelope: Envelope): Promise<Delivery>;
  /** Delivers an event and goes on trying in the background, as Slack does; resolves after the first try. */
  deliverEvent(event: JsonObject): Promise<Delivery>;
  /** Takes in a frame that the bot sent. */
  receive(frame: JsonObject): void;
}

interface Deps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly faults: Faults;
  readonly traffic: Traffic;
  /** Sends to exactly one socket; false when none is open. */
  readonly send: (frame: JsonObject) => boolean;
  /** Aborts when the sandbox stops. */
  readonly signal: AbortSignal;
}

/** A courier over one set of connections. */
export function createCourier(deps: Deps): Courier {
  const waiting = new Map<string, (payload: JsonObject) => void>();

  async function deliver(envelope: JsonObject): Promise<Delivery> {
    const id = deps.ids.uuid();
    const startMs = deps.clock.monotonicMs();
    const frame = { envelope_id: id, ...envelope };
    const timer = new AbortController();
    const stop = AbortSignal.any([timer.signal, deps.signal]);
    const lost = deps.faults.take('dropAcks');
    const ack = new Promise<JsonObject>((resolve) => {
      waiting.set(id, lost ? () => {} : resolve);
    });
    try {
      const deadline = deps.clock.sleep(ACK_DEADLINE_MS, stop).then(
        () => undefined,
        () => undefined,
      );
      const { delayMs } = deps.faults.state;
      if (delayMs > 0) await deps.clock.sleep(delayMs, stop).catch(() => {});
      if (!deps.send(frame)) return { outcome: 'dispatch_failed' };
      if (deps.faults.take('duplicates')) deps.send(frame);
      const payload = await Promise.race([ack, deadline]);
      if (payload === undefined) return { outcome: 'operation_timeout' };
      return { outcome: 'acked', ackedInMs: Math.round(deps.clock.monotonicMs() - startMs), payload };
    } finally {
      timer.abort();
      waiting.delete(id);
    }
  }

  async function tryAgain(payload: JsonObject, first: Delivery): Promise<void> {
    let last = first;
    for (const [index, pauseMs] of RETRY_AFTER_MS.entries()) {
      if (last.outcome === 'acked') return;
      const reason = last.outcome === 'dispatch_failed' ? 'connection_failed' : 'timeout';
      await deps.clock.sleep(pauseMs, deps.signal);
      last = await deliver(eventEnvelope(payload, index + 1, reason));
    }
  }

  return {
    deliver: (envelope) => deliver({ type: envelope.type, accepts_response_payload: true, payload: envelope.payload }),
    deliverEvent: async (payload) => {
      const first = await deliver(eventEnvelope(payload, 0, ''));
      tryAgain(payload, first).catch(() => {
        /* The sandbox stopped between two tries. */
      });
      return first;
    },
    receive: (frame) => {
      deps.traffic.record({ from: 'bot', what: 'ack', body: frame });
      const payload = frame['payload'];
      waiting.get(textOf(frame['envelope_id']) ?? '')?.(isObject(payload) ? payload : {});
    },
  };
}

function eventEnvelope(payload: JsonObject, attempt: number, reason: string): JsonObject {
  return { type: 'events_api', accepts_response_payload: false, retry_attempt: attempt, retry_reason: reason, payload };
}
