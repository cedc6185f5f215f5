import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AttemptId } from '../../src/base/ids.ts';
import { applyCommand } from '../../src/engine/receipt.ts';
import type { ChangeAction } from '../../src/remedies/remedy.ts';
import { createReceiptHost, type ReceiptHost } from './receipt-host.ts';

const KEY = 'net.ipv4.ip_local_reserved_ports';
/** Where the setting of these tests lies. */
export const KEY_PATH = '/proc/sys/net/ipv4/ip_local_reserved_ports';
/** Without commit-confirm. */
export const AT_ONCE = { confirmWithinSeconds: 0 };

/** A host of receipts where attempts write one file, not there yet, and one setting, the reserved ports. */
export interface TargetHost extends ReceiptHost {
  /** The file's path. */
  readonly target: string;
  /** What the file holds. */
  text(): string;
  /** What the setting is. */
  key(): Promise<string>;
  setKey(value: string): Promise<void>;
  /** New files that lie beside their targets. */
  leftovers(): readonly string[];
  /** Starts an attempt that sets 8081 first, and waits until it is in the middle of its second action. */
  startHanging(id: AttemptId, actions: readonly ChangeAction[]): Promise<ChildProcess>;
}

/** Makes such a host whose `sh` is the given shell. */
export async function createTargetHost(shell: string): Promise<TargetHost> {
  const kept = await createReceiptHost(shell);
  const { host, etc, sh } = kept;
  const target = join(etc, '60-app.conf');
  const key = async () => (await sh(`cat ${KEY_PATH}`)).trim();
  return {
    ...kept,
    target,
    text: () => readFileSync(target, 'utf8'),
    key,
    setKey: async (value) => {
      await sh(`echo "$1" >${KEY_PATH}`, value);
    },
    leftovers: () => readdirSync(etc).filter((name) => name.includes('.new')),
    startHanging: async (id, actions) => {
      host.delay('mv*60-app*', 30);
      const starter = host.spawn(applyCommand(id, actions, AT_ONCE).argv);
      await expect.poll(() => host.pidsWith('sleep\u000030').length, { timeout: 10_000 }).toBeGreaterThan(0);
      expect(await key()).toBe('8081');
      return starter;
    },
  };
}

/** The setting as an action. */
export function reservedPorts(before: string, after: string): ChangeAction {
  return { kind: 'sysctl', key: KEY, before, after };
}

/** Another setting of the host, tcp_fin_timeout, raised by this many seconds as an action. */
export async function finTimeout({ sh }: ReceiptHost, seconds: number) {
  const path = '/proc/sys/net/ipv4/tcp_fin_timeout';
  const value = async () => (await sh(`cat ${path}`)).trim();
  const before = await value();
  const after = String(Number(before) + seconds);
  const action: ChangeAction = { kind: 'sysctl', key: 'net.ipv4.tcp_fin_timeout', before, after };
  return { path, before, value, action };
}
