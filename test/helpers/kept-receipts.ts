import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyCommand,
  confirmCommand,
  parseConfirmation,
  parseReceipt,
  statusCommand,
  undoCommand,
  undoReceipt,
} from '../../src/engine/receipt.ts';
import { createMachine } from '../../src/simulation/machine.ts';
import { createReceipts } from '../../src/simulation/receipt/receipts.ts';
import { createFastClock } from './fast-clock.ts';
import { createReceiptHost, type ReceiptHost } from './receipt-host.ts';

/** A host that keeps receipts, and a file on it that changes are made to. */
export interface KeptReceipts extends Pick<ReceiptHost, 'apply' | 'undo' | 'status' | 'confirm'>, AsyncDisposable {
  readonly file: string;
  /** What the file holds; null when it is not there. */
  text(): string | null;
  /** What somebody else writes into it; null removes it. */
  write(text: string | null): void;
  /** A deadline that is over soon, in seconds there. */
  readonly soon: number;
}

/** The engine's own scripts, run by a shell of this machine on a private host. */
export async function receiptsOfScripts(): Promise<KeptReceipts> {
  const kept = await createReceiptHost('/bin/dash');
  const file = join(kept.etc, 'target.conf');
  return {
    ...kept,
    file,
    soon: 1,
    text: () => (existsSync(file) ? readFileSync(file, 'utf8') : null),
    write: (text) => (text === null ? rmSync(file) : writeFileSync(file, text)),
  };
}

/** The model of a simulated host, on which time passes forty times as fast. */
export async function receiptsOfModel(): Promise<KeptReceipts> {
  const clock = createFastClock(40);
  const stopping = new AbortController();
  const machine = createMachine({ clock, role: 'web', address: '192.0.2.1', load: { requestsPerBackend: 60 } });
  const receipts = createReceipts({ clock, machine, stopped: stopping.signal });
  const file = '/etc/sysctl.d/70-target.conf';
  const answer = async <A>(argv: readonly string[], parse: (stdout: string) => A | undefined): Promise<A> => {
    const output = await receipts.answer(argv, stopping.signal);
    const parsed = parse(output?.stdout ?? '');
    if (!parsed) throw new Error(`no answer: ${JSON.stringify(output)}`);
    return parsed;
  };
  return {
    file,
    soon: 20,
    apply: (id, actions, confirmWithinSeconds = 0) =>
      answer(applyCommand(id, actions, { confirmWithinSeconds }).argv, parseReceipt),
    undo: (id, actions, request = 1, wasApplied = false) =>
      answer(undoCommand(undoReceipt(id, Number(request)), actions, { wasApplied }).argv, parseReceipt),
    status: (receipt) => answer(statusCommand(receipt).argv, parseReceipt),
    confirm: (id) => answer(confirmCommand(id).argv, parseConfirmation),
    text: () => machine.files.get(file) ?? null,
    write: (text) => (text === null ? machine.remove(file) : machine.write(file, text)),
    [Symbol.asyncDispose]: async () => stopping.abort(),
  };
}
