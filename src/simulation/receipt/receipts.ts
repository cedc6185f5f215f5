import type { Clock } from '../../base/clock.ts';
import { asAttemptId } from '../../base/ids.ts';
import { applyCommand, confirmCommand, statusCommand, undoCommand } from '../../engine/receipt.ts';
import { failed, lines, type Output } from '../answers/answer.ts';
import type { Machine } from '../machine.ts';
import { newReceipt, RC, type Receipt, type WorkHost } from './receipt.ts';
import { targetsOf } from './targets.ts';
import { apply, undo } from './work.ts';

/** The receipts of a simulated host; they are gone when it stops. */
export interface Receipts {
  /** Starts, confirms or reports a receipt as its command says; undefined when it is no receipt's command. */
  answer(argv: readonly string[], signal: AbortSignal): Promise<Output | undefined>;
}

/** What keeping receipts needs. */
export interface ReceiptsInit {
  readonly clock: Clock;
  readonly machine: Machine;
  /** Aborts when the host stops, and with it all work. */
  readonly stopped: AbortSignal;
}

const LOOK_MS = 200;
/** How long a report waits for the work to end. */
const PATIENCE_MS = 60_000;
const ANY = asAttemptId('any');
const APPLY = applyCommand(ANY, [], { confirmWithinSeconds: 0 }).argv;
const UNDO = undoCommand(ANY, [], { wasApplied: false }).argv;
const CONFIRM = confirmCommand(ANY).argv;
const STATUS = statusCommand(ANY).argv;

/** No receipts yet. */
export function createReceipts({ clock, machine, stopped }: ReceiptsInit): Receipts {
  const host: WorkHost = {
    machine,
    all: new Map(),
    lock: undefined,
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms) => clock.sleep(ms, stopped),
  };
  return {
    async answer(argv, signal) {
      const [, , script, , name = '', body, ...words] = argv;
      const pause = () => clock.sleep(LOOK_MS, signal);
      switch (script) {
        case APPLY[2]:
          if (body !== APPLY[5] && body !== UNDO[5]) return failed(127, 'simulated host: unknown work\n');
          begin(host, name, body, words);
          return follow(host, name, 'report', pause);
        case CONFIRM[2]:
          confirm(host.all.get(name));
          return follow(host, name, 'confirm', pause);
        case STATUS[2]:
          return follow(host, name, 'report', pause);
        default:
          return undefined;
      }
    },
  };
}

/** Starts the work of a receipt that is not there yet; it goes on whatever becomes of who asked for it. */
function begin(host: WorkHost, name: string, body: string | undefined, words: readonly string[]): void {
  if (host.all.has(name)) return;
  const receipt = { ...newReceipt(name), working: true };
  host.all.set(name, receipt);
  const targets = targetsOf(words.slice(0, -1));
  const last = Number(words.at(-1));
  const work =
    body === APPLY[5]
      ? apply(host, receipt, { targets, withinSeconds: last })
      : undo(host, receipt, { targets, wasApplied: last === 1 });
  // A host that stops takes its work with it; nothing else makes it fail.
  void work
    .catch(() => {})
    .finally(() => {
      receipt.working = false;
    });
}

async function follow(
  host: WorkHost,
  name: string,
  asked: 'report' | 'confirm',
  pause: () => Promise<void>,
): Promise<Output> {
  const receipt = host.all.get(name);
  if (!receipt) return lines('receipt NEVER');
  const untilMs = host.monotonicMs() + PATIENCE_MS;
  while (told(host, receipt, asked) === undefined && receipt.working && host.monotonicMs() < untilMs) await pause();
  const state = told(host, receipt, asked) ?? (receipt.working ? 'RUNNING' : 'INTERRUPTED');
  const { stdout, ...rest } = lines(`receipt ${state}`);
  return { ...rest, stdout: `${stdout}${receipt.output.slice(-4000)}` };
}

function confirm(receipt: Receipt | undefined): void {
  if (receipt?.rc === RC.done) receipt.settled ??= 'confirmed';
}

/** The word of a receipt, as the engine's scripts say it; undefined while it has none. */
function told({ all }: WorkHost, receipt: Receipt, asked: 'report' | 'confirm'): string | undefined {
  const { name, settled, guard, rc } = receipt;
  if (settled === 'reverted') return guard && GUARD_WORDS[guard];
  if (asked === 'confirm' && settled !== undefined) {
    if ([...all.values()].some((one) => one.name.startsWith(`${name}.undo`) && one.rc === RC.done)) return 'UNDONE';
    return settled === 'confirmed' ? 'CONFIRMED' : undefined;
  }
  return rc === undefined ? undefined : `DONE ${rc}`;
}

const GUARD_WORDS = {
  reverted: 'REVERTED',
  drifted: 'REVERT_DRIFTED',
  unrestored: 'REVERT_FAILED',
} as const satisfies Record<NonNullable<Receipt['guard']>, string>;
