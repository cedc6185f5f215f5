import type { AttemptId } from '../base/ids.ts';
import type { ChangeEvent } from './change.ts';
import type { EngineContext } from './context.ts';
import { type Following, RECEIPT_TIMEOUT_MS, SENTENCES } from './following.ts';
import type { GrantOrLack } from './grants.ts';
import { type ConfirmAnswer, confirmCommand, parseConfirmation } from './receipt.ts';

/** What a host made of a confirmation, and the sentence to store. */
interface Confirmation {
  readonly report: Extract<ChangeEvent, { readonly type: 'attempt.confirmed' }>['report'];
  readonly detail: string;
}

const HEALS = 'Unless it was confirmed already or the host restarted, the host takes it back by itself.';

/**
 * Tells a host to keep an attempt's change, patiently: to confirm twice is the same as once. Without a grant nothing is
 * sent, and the host takes the change back by itself.
 */
export async function confirmOnHost(
  following: Omit<Following, 'receipt' | 'act'>,
  attempt: AttemptId,
  granted: GrantOrLack,
): Promise<Confirmation> {
  const { context, host, signal } = following;
  if ('lacking' in granted) {
    return { report: 'unreachable', detail: `It was not confirmed now: ${granted.lacking}. ${HEALS}` };
  }
  let said = 'The host could not be told.';
  const options = { signal, timeoutMs: RECEIPT_TIMEOUT_MS };
  for (let look = 0; look < context.timing.followTries && !signal.aborted; look++) {
    if (look > 0) await context.clock.sleep(context.timing.followPauseMs, signal).catch(() => {});
    const outcome = await context.transport.change(host, confirmCommand(attempt), granted.grant, options);
    const answer = outcome.kind === 'ok' ? parseConfirmation(outcome.stdout) : undefined;
    const told = answer && conclusive(context, answer);
    if (told) return told;
    said = context.redact(outcome.kind === 'ok' ? outcome.stderr.trim() : outcome.detail) || said;
  }
  return { report: 'unreachable', detail: `It could not be confirmed: ${said} ${HEALS}` };
}

/** What a host's answer means for good; undefined while it is still at work. */
function conclusive(context: EngineContext, { state, output }: ConfirmAnswer): Confirmation | undefined {
  switch (state) {
    case 'running':
      return undefined;
    case 'confirmed':
      return { report: 'confirmed', detail: 'Confirmed.' };
    case 'reverted':
      return { report: 'reverted', detail: context.redact(`${SENTENCES.change.reverted} ${output}`.trim()) };
    case 'undone':
      return { report: 'reverted', detail: 'It was undone before it could be confirmed.' };
    default:
      return { report: 'interrupted', detail: context.redact(`It could not be confirmed: ${state}. ${output}`.trim()) };
  }
}
