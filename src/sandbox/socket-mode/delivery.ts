import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { DeliveryFate, Faults } from '../faults.ts';
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
  /** Sends to exactly one socket, or as one request; false when there was nobody to take it. */
  readonly send: (frame: JsonObject) => boolean | Promise<boolean>;
  /** Breaks the socket that was sent to last. */
  readonly cut: () => void;
  /** Aborts when the sandbox stops. */
  readonly signal: AbortSignal;
}

/** A courier over one set of connections. */
export function createCourier(deps: Deps): Courier {
  const waiting = new Map<string, (payload: JsonObject) => void>();

  async function deliver(envelope: JsonObject): Promise<Delivery> {
    const id = deps.ids.uuid();
    const startMs = deps.clock.monotonicMs();
    const fate = deps.faults.forDelivery();
    const timer = new AbortController();
    const stop = AbortSignal.any([timer.signal, deps.signal]);
    const timeout: Delivery = { outcome: 'operation_timeout' };
    const deadline = deps.clock.sleep(ACK_DEADLINE_MS, stop).then(
      () => timeout,
      () => timeout,
    );
    const ack = new Promise<Delivery>((resolve) => {
      waiting.set(id, (payload) => {
        if (fate.ackLost) return;
        resolve({ outcome: 'acked', ackedInMs: Math.round(deps.clock.monotonicMs() - startMs), payload });
      });
    });
    try {
      return await Promise.race([ack, deadline, untaken({ envelope_id: id, ...envelope }, fate)]);
    } finally {
      timer.abort();
      waiting.delete(id);
    }
  }

  /** Hands a frame over, late or not at all when it is fated to be; resolves only when nobody was there to take it. */
  async function untaken(frame: JsonObject, fate: DeliveryFate): Promise<Delivery> {
    const never = new Promise<never>(() => {});
    if (fate.lost) {
      deps.traffic.record({ from: 'sandbox', what: 'lost on the way', body: frame });
      return never;
    }
    if (fate.delayMs > 0) await deps.clock.sleep(fate.delayMs, deps.signal).catch(() => never);
    const [taken] = await Promise.all([deps.send(frame), fate.twice && deps.send(frame)]);
    if (!taken) return { outcome: 'dispatch_failed' };
    if (fate.cut) deps.cut();
    return never;
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
