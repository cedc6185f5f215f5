import { containsRanges, parsePortRanges } from '../../probes/port-ranges.ts';
import type { PortRange } from '../../probes/sysctl/fact.ts';
import type { SysctlFileEntry, SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';

/** The setting whose ports automatic assignment skips (ip-sysctl.rst). Writing it replaces the whole list. */
export const RESERVED_PORTS_KEY = 'net.ipv4.ip_local_reserved_ports';

/** This product's own file of kernel settings. */
export const DROP_IN_PATH = '/etc/sysctl.d/60-countersign-net.conf';

const DROP_IN_NAME = '60-countersign-net.conf';
const HEADER =
  '# Written by Countersign. Each setting names the change that made it; undo restores what was here before.';
const KEY_LINE = /^\s*-?\s*net[./]ipv4[./]ip_local_reserved_ports\s*=/;
const CHANGE_LINE = /^# Change [\w-]+: service ports that automatic port assignment skips$/;

/** The drop-in with this list; other keys and comments in it stay as they are. */
export function dropInText(before: string | null, reservedPorts: string, changeId: string): string {
  const kept = (before ?? HEADER).split('\n').filter((line) => !KEY_LINE.test(line) && !CHANGE_LINE.test(line));
  while (kept.at(-1)?.trim() === '') kept.pop();
  const setting = [
    `# Change ${changeId}: service ports that automatic port assignment skips`,
    `${RESERVED_PORTS_KEY} = ${reservedPorts}`,
  ];
  return `${[...kept, ...setting].join('\n')}\n`;
}

/** What sets the reserved ports at boot. */
export interface BootSetting {
  /** The line that wins over the drop-in, because its file is applied later. */
  readonly later: SysctlFileEntry | undefined;
  /** Whether the last line that sets the key reserves all of these ports. */
  readonly suffices: boolean;
  /** Lines of earlier files whose ports are not in the list, which the drop-in would replace. */
  readonly replaced: readonly SysctlFileEntry[];
}

/** Which files decide on the reserved ports at boot, seen from the drop-in (order of sysctl.d(5)). */
export function bootSetting(files: SysctlFilesFact, wanted: readonly PortRange[]): BootSetting {
  const entries = files.entries.filter((entry) => entry.key === RESERVED_PORTS_KEY);
  const last = entries.at(-1);
  return {
    later: entries.filter((entry) => appliedLater(entry.file)).at(-1),
    suffices: last !== undefined && containsRanges(rangesOf(last), wanted),
    replaced: entries.filter(
      (entry) => entry.file !== DROP_IN_PATH && !appliedLater(entry.file) && !containsRanges(wanted, rangesOf(entry)),
    ),
  };
}

/** By file name over all directories; /etc/sysctl.conf comes last (procps). */
function appliedLater(file: string): boolean {
  return file === '/etc/sysctl.conf' || (file.split('/').at(-1) ?? '') > DROP_IN_NAME;
}

function rangesOf(entry: SysctlFileEntry): readonly PortRange[] {
  return parsePortRanges(entry.value) ?? [];
}
