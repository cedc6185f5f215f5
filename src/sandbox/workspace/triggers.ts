import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';

/** A trigger_id is good for this long after the person acted (docs.slack.dev, "Opening a modal"). */
const TRIGGER_LIFETIME_MS = 3000;

/** Who acted, and in which conversation, when it was in one. */
export interface TriggeredBy {
  readonly user: string;
  readonly channel: string | undefined;
}

/** What came of handing in a trigger_id. */
type Exchange =
  | { readonly ok: true; readonly by: TriggeredBy }
  | { readonly ok: false; readonly error: 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id' };

/** Permissions to open a modal in front of the person who just acted. */
export interface Triggers {
  issue(user: string, channel?: string): string;
  /** Uses a trigger up. */
  exchange(triggerId: string): Exchange;
}

/** No triggers yet. */
export function createTriggers(deps: { clock: Clock; ids: Ids }): Triggers {
  const issued = new Map<string, { by: TriggeredBy; atMs: number; used: boolean }>();
  return {
    issue: (user, channel) => {
      const id = `${issued.size + 1}.sandbox.${deps.ids.nonce()}`;
      issued.set(id, { by: { user, channel }, atMs: deps.clock.monotonicMs(), used: false });
      return id;
    },
    exchange: (triggerId) => {
      const trigger = issued.get(triggerId);
      if (trigger === undefined) return { ok: false, error: 'invalid_trigger_id' };
      if (trigger.used) return { ok: false, error: 'exchanged_trigger_id' };
      const ageMs = deps.clock.monotonicMs() - trigger.atMs;
      if (ageMs > TRIGGER_LIFETIME_MS) return { ok: false, error: 'expired_trigger_id' };
      trigger.used = true;
      return { ok: true, by: trigger.by };
    },
  };
}
