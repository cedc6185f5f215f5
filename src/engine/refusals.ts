import { messageOf, OperatorError } from '../base/error.ts';
import { plainText, shorten } from '../base/plain-text.ts';
import type { EngineContext } from './context.ts';
import type { Surface } from './model.ts';
import type { AuditEntry } from './ports.ts';

/** A wish that may be refused: who has it, what it is called when it is, what it is about. */
interface Wish {
  /** A person's name. */
  readonly actor: string;
  readonly surface: Surface;
  /** Past tense, dotted: `decision.denied`. */
  readonly event: string;
  readonly subject: string;
  readonly body: AuditEntry['body'];
}

/** Records in the audit chain when policy or state refuse a person's wish, and passes the refusal on. */
export async function auditingRefusal<T>(context: EngineContext, wish: Wish, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OperatorError && !error.code.startsWith('store/')) {
      const { body, ...entry } = wish;
      const at = context.clock.now();
      await context.store.audit.append({ ...entry, at, body: { ...body, code: error.code } });
    }
    throw error;
  }
}

/** Somebody who was not let in: what is known of them and what they wanted. */
export interface TurnedAway {
  /** The identity that was shown: `slack:U012ABCDEF@T012ABCDEF` or `unix:mia`. */
  readonly identity: string;
  readonly surface: Surface;
  /** `proposal:41-1`, `run:41` or `command:run`. */
  readonly subject: string;
  /** The button or the command. */
  readonly wish: string;
  readonly because: OperatorError;
}

const LONGEST = 200;

/** Records in the audit chain that somebody was not let in. Never rejects: whoever is turned away is told so in any case. */
export async function recordTurnedAway({ store, clock, logger }: EngineContext, turned: TurnedAway): Promise<void> {
  const { identity, surface, subject, wish, because } = turned;
  const body = { wish: bounded(wish), code: because.code, message: bounded(because.message) };
  const entry = { event: 'identity.denied', actor: bounded(identity), surface, subject: bounded(subject) };
  try {
    await store.audit.append({ ...entry, at: clock.now(), body });
  } catch (error) {
    logger.error('somebody who was not let in could not be recorded', { error: messageOf(error) });
  }
}

/** What strangers wrote is kept short and harmless. */
function bounded(text: string): string {
  return shorten(plainText(text), LONGEST);
}
