import type { ChangeCommand } from '../base/command.ts';
import type { Host } from '../inventory/host.ts';
import type { EngineContext } from './context.ts';
import type { ApprovalGrant } from './grant.ts';
import type { ReceiptReport } from './change.ts';
import { NOTHING_STARTED, parseReceipt, type ReceiptAnswer, statusCommand } from './receipt.ts';

/** A receipt on a host that is asked until it answers. */
export interface Following {
  readonly context: EngineContext;
  readonly host: Host;
  readonly receipt: string;
  readonly signal: AbortSignal;
}

/** What a receipt said, and the sentence to store. */
export interface Followed {
  readonly report: ReceiptReport;
  readonly detail: string;
}

/** How long one receipt command may take on the host; it waits for the work itself. */
export const RECEIPT_TIMEOUT_MS = 90_000;

/** Sends a receipt-guarded command. When no receipt answers, the receipt is asked; the command is never sent blindly again. */
export async function runUnderReceipt(
  following: Following,
  command: ChangeCommand,
  grant: ApprovalGrant,
): Promise<Followed> {
  const { context, host, signal } = following;
  const outcome = await context.transport.change(host, command, grant, { signal, timeoutMs: RECEIPT_TIMEOUT_MS });
  if (outcome.kind === 'ok') {
    if (outcome.exitCode === NOTHING_STARTED)
      return { report: 'failed', detail: context.redact(`Nothing was started: ${outcome.stderr.trim()}`) };
    const receipt = parseReceipt(outcome.stdout);
    const answer = receipt && conclusive(context, receipt, outcome.stderr);
    if (answer) return answer;
  }
  return followReceipt(following);
}

/** A receipt that is not there has to be missing twice in a row: what was sent may still be on its way to the shell. */
const NEVERS = 2;

/** Asks a receipt, patiently, without starting anything. */
export async function followReceipt({ context, host, receipt, signal }: Following): Promise<Followed> {
  const step = { id: 'receipt', command: statusCommand(receipt), timeoutMs: RECEIPT_TIMEOUT_MS };
  let detail = 'The host could not be asked what became of it.';
  let nevers = 0;
  for (let look = 0; look < context.timing.followTries && !signal.aborted; look++) {
    if (look > 0) await context.clock.sleep(context.timing.followPauseMs, signal).catch(() => {});
    const outcome = await context.transport.read(host, [step], { signal });
    const [output] = outcome.steps;
    const answer = output && parseReceipt(output.stdout);
    const told = output && answer && conclusive(context, answer, output.stderr);
    if (told) return told;
    nevers = answer?.state === 'never' ? nevers + 1 : 0;
    if (nevers >= NEVERS)
      return { report: 'failed', detail: 'It was never started on the host; nothing was changed by it.' };
    if (answer?.state === 'running') detail = 'It is still running on the host.';
    else if (outcome.kind !== 'ok') detail = context.redact(outcome.detail);
  }
  return {
    report: 'unreachable',
    detail: `${detail} Whether the change was made is not known: look at the host before anything else.`,
  };
}

/** What became of an attempt, by its receipt's word. */
export const SENTENCES = {
  done: 'Applied.',
  failed: 'It did not work.',
  drifted: 'The host was changed by somebody else.',
  busy: 'It could not begin.',
  reverted: 'The host took it back by itself, because it was not confirmed in time.',
  interrupted:
    'It was interrupted on the host, which does not take it back by itself: look at what is there, or undo it.',
  unrestored: 'It did not work, and not everything could be put back: look at what is there, or undo it.',
} as const satisfies Partial<Record<ReceiptReport, string>>;

/** What a receipt says for good; undefined while it runs or is not there. */
function conclusive(context: EngineContext, receipt: ReceiptAnswer, stderr: string): Followed | undefined {
  const { state } = receipt;
  if (state === 'running' || state === 'never') return undefined;
  const output = context.redact([receipt.output, stderr.trim()].filter((text) => text !== '').join('\n'));
  const shown = state === 'done' ? '' : output;
  return { report: state, detail: shown === '' ? SENTENCES[state] : `${SENTENCES[state]} ${shown}` };
}
