import type { ChangeCommand } from '../base/command.ts';
import { asAttemptId } from '../base/ids.ts';
import type { Host } from '../inventory/host.ts';
import type { EngineContext } from './context.ts';
import type { ApprovalGrant } from './grant.ts';
import { parseReceipt, statusCommand } from './receipt.ts';
import type { ReceiptReport } from './transition.ts';

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
const RECEIPT_TIMEOUT_MS = 90_000;

/** Sends a receipt-guarded command. When the connection breaks, the receipt is asked; the command is never sent blindly again. */
export async function runUnderReceipt(
  following: Following,
  command: ChangeCommand,
  grant: ApprovalGrant,
): Promise<Followed> {
  const { context, host, signal } = following;
  const outcome = await context.transport.change(host, command, grant, { signal, timeoutMs: RECEIPT_TIMEOUT_MS });
  if (outcome.kind !== 'ok') return followReceipt(following);
  return (
    answered(context, outcome.stdout, outcome.stderr) ?? {
      report: 'failed',
      detail: context.redact(unexpected(outcome.stderr, outcome.exitCode)),
    }
  );
}

/** Asks a receipt, patiently, without starting anything. */
export async function followReceipt({ context, host, receipt, signal }: Following): Promise<Followed> {
  const step = { id: 'receipt', command: statusCommand(asAttemptId(receipt)), timeoutMs: RECEIPT_TIMEOUT_MS };
  let detail = 'The host could not be asked what became of it.';
  for (let look = 0; look < context.timing.followTries && !signal.aborted; look++) {
    if (look > 0) await context.clock.sleep(context.timing.followPauseMs, signal).catch(() => {});
    const outcome = await context.transport.read(host, [step], { signal });
    const [output] = outcome.steps;
    const answer = output ? answered(context, output.stdout, output.stderr) : undefined;
    if (answer) return answer;
    if (outcome.kind !== 'ok') detail = context.redact(outcome.detail);
  }
  return {
    report: 'unreachable',
    detail: `${detail} Whether the change was made is not known: look at the host before anything else.`,
  };
}

const SENTENCES: Readonly<Record<ReceiptReport, string>> = {
  done: 'Applied.',
  failed: 'It did not work.',
  drifted: 'The host was changed by somebody else; it was left as it is.',
  interrupted: 'It was interrupted on the host; what is there now has to be looked at.',
  unreachable: 'The host could not be reached.',
};

function answered(context: EngineContext, stdout: string, stderr: string): Followed | undefined {
  const receipt = parseReceipt(stdout);
  if (!receipt) return undefined;
  const output = context.redact([receipt.output, stderr.trim()].filter((text) => text !== '').join('\n'));
  const shown = receipt.report === 'done' ? '' : output;
  return {
    report: receipt.report,
    detail: shown === '' ? SENTENCES[receipt.report] : `${SENTENCES[receipt.report]} ${shown}`,
  };
}

function unexpected(stderr: string, exitCode: number): string {
  const why = stderr.trim();
  return why === ''
    ? `Nothing was started: the host answered with exit status ${exitCode}.`
    : `Nothing was started: ${why}`;
}
