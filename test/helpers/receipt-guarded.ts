import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AttemptId } from '../../src/base/ids.ts';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import { createReceiptHost, editAction, newAttempt, type ReceiptHost } from './receipt-host.ts';

/** Longer than any test, in seconds. */
export const LONG = 600;

/** A host of receipts with one file that reads `old`, and an attempt that is to make it `new` until it is confirmed. */
export interface GuardedHost extends ReceiptHost {
  readonly target: string;
  readonly id: AttemptId;
  /** What the attempt does to the file as it is now. */
  actions(): readonly ChangeAction[];
  /** What the file holds. */
  text(): string;
  runs(pid: number): boolean;
  /** Waits until the guard with this pid is gone. */
  guardEnds(pid: number): Promise<void>;
  /** Kills the process that runs the attempt, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Makes such a host whose `sh` is the given shell. */
export async function createGuardedHost(shell: string): Promise<GuardedHost> {
  const receipts = await createReceiptHost(shell);
  const id = newAttempt();
  const target = join(receipts.etc, 'app.conf');
  writeFileSync(target, 'old\n');
  const runs = (pid: number) => existsSync(`/proc/${pid}`);
  const guardEnds = (pid: number) => expect.poll(() => runs(pid), { timeout: 15_000 }).toBe(false);
  return {
    ...receipts,
    target,
    id,
    actions: () => [editAction(target, [{ at: 0, remove: 3, insert: 'new' }])],
    text: () => readFileSync(target, 'utf8'),
    runs,
    guardEnds,
    kill: async () => {
      const pid = await receipts.owner(id);
      process.kill(pid, 'SIGKILL');
      await guardEnds(pid);
    },
  };
}
