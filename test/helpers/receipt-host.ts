import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type AttemptId, asAttemptId, systemIds } from '../../src/base/ids.ts';
import {
  applyCommand,
  autoUndoReceipt,
  type ConfirmAnswer,
  confirmCommand,
  parseConfirmation,
  parseReceipt,
  type ReceiptAnswer,
  statusCommand,
  undoCommand,
  undoReceipt,
} from '../../src/engine/receipt.ts';
import type { ChangeAction, Splice } from '../../src/remedies/remedy.ts';
import { createPrivateHost, type PrivateHost } from './private-host.ts';

/** The shells of this machine that receipts have to be kept by. */
export const SHELLS: readonly string[] = ['/bin/dash', '/bin/bash', '/bin/busybox'].filter((shell) =>
  existsSync(shell),
);

/** Where a private host keeps its receipts. */
export const RECEIPTS = '/var/lib/countersign/attempts';

/** A private host with a folder `etc`, and the receipts that are kept there. */
export interface ReceiptHost extends AsyncDisposable {
  readonly host: PrivateHost;
  /** The folder that targets lie in. */
  readonly etc: string;
  /** Runs the attempt; without commit-confirm unless a time is given. */
  apply(id: AttemptId, actions: readonly ChangeAction[], confirmWithinSeconds?: number): Promise<ReceiptAnswer>;
  /** Takes it back; as somebody who does not know whether it was applied, unless that is said. */
  undo(
    id: AttemptId,
    actions: readonly ChangeAction[],
    request?: number | 'auto',
    wasApplied?: boolean,
  ): Promise<ReceiptAnswer>;
  status(receipt: string): Promise<ReceiptAnswer>;
  confirm(id: AttemptId): Promise<ConfirmAnswer>;
  /** What a script prints that runs on the host. */
  sh(script: string, ...args: readonly string[]): Promise<string>;
  /** What a file of the receipt says; empty when it is not there. */
  said(id: AttemptId, name: string): Promise<string>;
  /** The process that runs the attempt. */
  owner(id: AttemptId): Promise<number>;
}

/** Makes a private host whose `sh` is the given shell. */
export async function createReceiptHost(shell: string): Promise<ReceiptHost> {
  const host = await createPrivateHost();
  symlinkSync(shell, join(host.dir, 'bin/sh'));
  const etc = join(host.dir, 'etc');
  mkdirSync(etc);
  const answer = async <A>(argv: readonly string[], parse: (stdout: string) => A | undefined): Promise<A> => {
    const ran = await host.run(argv);
    const parsed = parse(ran.stdout);
    if (!parsed) throw new Error(`no answer (${ran.exitCode}): ${ran.stdout}${ran.stderr}`);
    return parsed;
  };
  const sh = async (script: string, ...args: readonly string[]) =>
    (await host.run(['sh', '-c', script, 'sh', ...args])).stdout;
  return {
    host,
    etc,
    apply: (id, actions, confirmWithinSeconds = 0) =>
      answer(applyCommand(id, actions, { confirmWithinSeconds }).argv, parseReceipt),
    undo: (id, actions, request = 1, wasApplied = false) => {
      const receipt = request === 'auto' ? autoUndoReceipt(id) : undoReceipt(id, request);
      return answer(undoCommand(receipt, actions, { wasApplied }).argv, parseReceipt);
    },
    status: (receipt) => answer(statusCommand(receipt).argv, parseReceipt),
    confirm: (id) => answer(confirmCommand(id).argv, parseConfirmation),
    sh,
    said: async (id, name) => (await sh(`cat ${RECEIPTS}/$1/$2 2>/dev/null`, id, name)).trim(),
    owner: async (id) => Number((await sh(`cat ${RECEIPTS}/$1/owner`, id)).split(' ')[1]),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** An attempt that nobody has seen yet. */
export function newAttempt(): AttemptId {
  return asAttemptId(`7-1-web-1-${systemIds.nonce().slice(0, 12)}`);
}

/** A whole file as an action; `before` null = it is new. */
export function fileAction(path: string, before: string | null, after: string): ChangeAction {
  return { kind: 'file', path, before, after };
}

/** Splices of a file as it is now. */
export function editAction(path: string, splices: readonly Splice[]): ChangeAction {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { kind: 'edit', path, sha256, splices, shown: [] };
}
