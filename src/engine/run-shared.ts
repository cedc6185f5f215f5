import type { RunId } from '../base/ids.ts';
import type { Asker } from './asker.ts';
import type { EngineContext } from './context.ts';

/** That a person told another channel of a run. */
export interface RunShared extends Asker {
  readonly run: RunId;
  readonly channel: string;
  /** Why; null when they did not say. */
  readonly note: string | null;
}

/** Records in the audit chain who showed a run to whom. */
export async function recordShared({ store, clock }: EngineContext, shared: RunShared): Promise<void> {
  const { person, surface, run, channel, note } = shared;
  const entry = { event: 'run.shared', actor: person, surface, subject: `run:${run}`, at: clock.now() };
  await store.audit.append({ ...entry, body: { channel, note } });
}
