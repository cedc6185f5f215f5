import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import type { Condition } from '../base/condition.ts';
import { messageOf } from '../base/error.ts';
import type { Redact } from '../base/redact.ts';

/** One part of the running product that can be asked how it is. */
export interface HealthPart {
  readonly name: string;
  condition(): Condition | Promise<Condition>;
}

/** What a page about health says. */
interface HealthPage {
  readonly status: 200 | 503;
  readonly body: {
    readonly ok: boolean;
    readonly parts: Readonly<Record<string, Condition>>;
  };
}

/** Liveness and readiness, as pages. */
export interface Health {
  /** `/healthz`: whether the process should go on living; `/readyz`: whether it does its work; undefined elsewhere. */
  page(path: string): Promise<HealthPage | undefined>;
  /** From now on it is not ready, whatever its parts say: it is being stopped. */
  drain(): void;
}

/** What health is made of. */
export interface HealthDeps {
  /** A process in which one of these fails is better started anew. */
  readonly live: readonly HealthPart[];
  /** What it also takes to do the work. */
  readonly ready: readonly HealthPart[];
  readonly clock: Clock;
  readonly redact: Redact;
}

/** How long a part may take to answer. */
const PATIENCE_MS = 2000;
/** A turn of the event loop that takes longer makes answers to people late: Slack waits 3 s for one. */
const SLOW_TURN_MS = 1000;

/** The health of these parts, asked at every look anew. */
export function createHealth({ live, ready, clock, redact }: HealthDeps): Health {
  const alive = [eventLoop(clock), ...live];
  const pageOf = async (parts: readonly HealthPart[]): Promise<HealthPage> => {
    const named = await Promise.all(
      parts.map(async (part) => {
        const { ok, words } = await conditionOf(part, clock);
        return [part.name, { ok, words: redact(words) }] as const;
      }),
    );
    const ok = named.every(([, condition]) => condition.ok);
    return { status: ok ? 200 : 503, body: { ok, parts: Object.fromEntries(named) } };
  };
  let isDraining = false;
  return {
    page: async (path) => {
      if (path === '/healthz') return pageOf(alive);
      if (path !== '/readyz') return undefined;
      const stopping: HealthPart = { name: 'process', condition: () => ({ ok: false, words: 'it is being stopped' }) };
      return pageOf([...(isDraining ? [stopping] : []), ...alive, ...ready]);
    },
    drain: () => {
      isDraining = true;
    },
  };
}

async function conditionOf(part: HealthPart, clock: Clock): Promise<Condition> {
  const waiting = new AbortController();
  const late = clock.sleep(PATIENCE_MS, waiting.signal).then(
    () => ({ ok: false, words: `no answer within ${PATIENCE_MS / 1000} s` }),
    () => ({ ok: false, words: 'no answer' }),
  );
  try {
    return await Promise.race([Promise.resolve(part.condition()), late]);
  } catch (error) {
    return { ok: false, words: messageOf(error) };
  } finally {
    waiting.abort();
  }
}

function eventLoop(clock: Clock): HealthPart {
  return {
    name: 'event loop',
    condition: async () => {
      const startMs = clock.monotonicMs();
      await turn();
      const ms = Math.round(clock.monotonicMs() - startMs);
      return { ok: ms < SLOW_TURN_MS, words: `it turns in ${ms} ms` };
    },
  };
}
