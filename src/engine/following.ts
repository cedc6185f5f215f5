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
  /** What the receipt is about: the change, or taking it back. */
  readonly act: 'change' | 'undo';
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
  const { context, host, act, signal } = following;
  const outcome = await context.transport.change(host, command, grant, { signal, timeoutMs: RECEIPT_TIMEOUT_MS });
  if (outcome.kind === 'ok') {
    if (outcome.exitCode === NOTHING_STARTED)
      return { report: 'failed', detail: context.redact(`Nothing was started: ${outcome.stderr.trim()}`) };
    const receipt = parseReceipt(outcome.stdout);
    const answer = receipt && conclusive(context, act, receipt, outcome.stderr);
    if (answer) return answer;
  }
  return followReceipt(following);
}

/** A receipt that is not there has to be missing twice in a row: what was sent may still be on its way to the shell. */
const NEVERS = 2;

/** Asks a receipt, patiently, without starting anything. */
export async function followReceipt({ context, host, receipt, act, signal }: Following): Promise<Followed> {
  const step = { id: 'receipt', command: statusCommand(receipt), timeoutMs: RECEIPT_TIMEOUT_MS };
  let detail = 'The host could not be asked what became of it.';
  let nevers = 0;
  for (let look = 0; look < context.timing.followTries && !signal.aborted; look++) {
    if (look > 0) await context.clock.sleep(context.timing.followPauseMs, signal).catch(() => {});
    const outcome = await context.transport.read(host, [step], { signal });
    const [output] = outcome.steps;
    const answer = output && parseReceipt(output.stdout);
    const told = output && answer && conclusive(context, act, answer, output.stderr);
    if (told) return told;
    nevers = answer?.state === 'never' ? nevers + 1 : 0;
    if (nevers >= NEVERS) return { report: 'failed', detail: NEVER_STARTED[act] };
    if (answer?.state === 'running') detail = 'It is still running on the host.';
    else if (outcome.kind !== 'ok') detail = context.redact(outcome.detail);
  }
  return {
    report: 'unreachable',
    detail: `${detail} Whether the change was ${DONE[act]} is not known: look at the host before anything else.`,
  };
}

/** What is not known while a receipt does not answer. */
const DONE = { change: 'made', undo: 'taken back' } as const;

/** What a receipt means that is not there. */
const NEVER_STARTED = {
  change: 'It was never started on the host; nothing was changed by it.',
  undo: 'Taking it back was never started on the host: the change is still there, unless the host took it back by itself.',
} as const;

type Sentences = Readonly<Record<Exclude<ReceiptReport, 'unreachable'>, string>>;

const CHANGE_SENTENCES: Sentences = {
  done: 'Applied.',
  failed: 'It did not work.',
  drifted: 'The host was changed by somebody else.',
  busy: 'It could not begin.',
  reverted: 'The host took it back by itself, because it was not confirmed in time.',
  interrupted:
    'It was interrupted on the host, which does not take it back by itself: look at what is there, or undo it.',
  unrestored: 'It did not work, and not everything could be put back: look at what is there, or undo it.',
};

/** What became of it, by its receipt's word. */
export const SENTENCES: Readonly<Record<Following['act'], Sentences>> = {
  change: CHANGE_SENTENCES,
  undo: {
    ...CHANGE_SENTENCES,
    done: 'Taken back.',
    failed: 'Taking it back did not work.',
    busy: 'Taking it back could not begin.',
    interrupted: 'Taking it back was interrupted on the host: look at what is there, or undo it again.',
    unrestored: 'Not everything could be put back: look at what is there, or undo it again.',
  },
};

/** What a receipt says for good; undefined while it runs or is not there. */
function conclusive(
  context: EngineContext,
  act: Following['act'],
  receipt: ReceiptAnswer,
  stderr: string,
): Followed | undefined {
  const { state } = receipt;
  if (state === 'running' || state === 'never') return undefined;
  const output = context.redact([receipt.output, stderr.trim()].filter((text) => text !== '').join('\n'));
  const shown = state === 'done' ? '' : output;
  const sentence = SENTENCES[act][state];
  return { report: state, detail: shown === '' ? sentence : `${sentence} ${shown}` };
}
