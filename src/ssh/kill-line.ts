import { hostLine } from './host-line.ts';

/** Seconds between TERM and KILL for what is ended on a host. */
export const KILL_AFTER_SECONDS = 2;

/**
 * Lines of sh that define `_cs_pids TAG`: the pids of processes with TAG in their environment. So processes are found
 * that left their group or lost their parent, and a reused pid is not. grep -z because environ is NUL-separated, proc(5).
 */
export const FIND_TAGGED: readonly string[] = `_cs_pids() {
  for _cs_f in $(grep -lszF "$1" /proc/[0-9]*/environ); do
    _cs_f=\${_cs_f#/proc/}; echo "\${_cs_f%%/*}"
  done
}`.split('\n');

/** A line for a second exec that ends a framed script and all its steps: TERM, then KILL for what stays. */
export function killFrameLine(nonce: string, shellPid: number | undefined): string {
  const find = `_cs_pids "COUNTERSIGN_STEP=${nonce}"`;
  const shell = (signal: string) => (shellPid === undefined ? [] : [killShell(shellPid, nonce, signal)]);
  return hostLine([
    ...FIND_TAGGED,
    ...shell('TERM'),
    `kill -TERM $(${find}) 2>/dev/null`,
    `sleep ${KILL_AFTER_SECONDS + 1}`,
    ...shell('KILL'),
    `kill -KILL $(${find}) 2>/dev/null`,
    'exit 0',
  ]);
}

/* The command line is compared first: the pid may belong to another process by now. */
function killShell(pid: number, nonce: string, signal: string): string {
  return `grep -qszF ${nonce} /proc/${pid}/cmdline && kill -${signal} ${pid} 2>/dev/null`;
}

/** Lines of sh that tag a change so that `killChangeLine` finds it; the tag holds the pid that `exec` keeps. */
export function tagChange(nonce: string): string {
  return `COUNTERSIGN_CHANGE=${nonce}.$$.; export COUNTERSIGN_CHANGE`;
}

/**
 * A line for a second exec that ends a change's process group. What the change moved to a session of its own, an undo
 * that waits for a confirmation above all, is left alone.
 */
export function killChangeLine(nonce: string): string {
  // Without `--`, which neither dash nor busybox takes in front of a process group.
  const kill = (signal: string) => [
    `for _cs_p in $(_cs_pids "COUNTERSIGN_CHANGE=${nonce}"); do`,
    `grep -qszF "COUNTERSIGN_CHANGE=${nonce}.$_cs_p." "/proc/$_cs_p/environ" && kill -${signal} "-$_cs_p" 2>/dev/null`,
    'done',
  ];
  return hostLine([...FIND_TAGGED, ...kill('TERM'), `sleep ${KILL_AFTER_SECONDS + 1}`, ...kill('KILL'), 'exit 0']);
}
