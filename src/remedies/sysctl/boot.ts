import type { SysctlFileEntry, SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import { DROP_IN_PATH } from './drop-in.ts';

/** What sets one key at boot, seen from the drop-in. */
export interface BootSetting {
  /** All lines that set the key, in the order in which they are applied; the last one wins. */
  readonly entries: readonly SysctlFileEntry[];
  /** The line that wins over the drop-in, because its file is applied later. */
  readonly later: SysctlFileEntry | undefined;
  /** Lines of other files that the drop-in would win over. */
  readonly earlier: readonly SysctlFileEntry[];
  /** Whether the line that wins has a value that suffices. */
  readonly suffices: boolean;
}

/** Which files decide on a key at boot (order of sysctl.d(5)). */
export function bootSetting(files: SysctlFilesFact, key: string, suffices: (value: string) => boolean): BootSetting {
  const entries = files.entries.filter((entry) => entry.key === key);
  const last = entries.at(-1);
  return {
    entries,
    later: entries.filter(({ file }) => appliedLater(file)).at(-1),
    earlier: entries.filter(({ file }) => file !== DROP_IN_PATH && !appliedLater(file)),
    suffices: last !== undefined && suffices(last.value),
  };
}

/** `/etc/sysctl.conf:12` */
export function placeText({ file, line }: SysctlFileEntry): string {
  return `${file}:${line}`;
}

/** `/etc/sysctl.conf:12 1024 65535`, for the basis of a plan. */
export function bootBasis({ entries }: BootSetting): readonly string[] {
  return entries.map((entry) => `${placeText(entry)} ${entry.value}`);
}

/** By file name over all directories; /etc/sysctl.conf comes last (procps). */
function appliedLater(file: string): boolean {
  return file === '/etc/sysctl.conf' || nameOf(file) > nameOf(DROP_IN_PATH);
}

function nameOf(file: string): string {
  return file.split('/').at(-1) ?? '';
}
