import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at which it started: field 22 of /proc/PID/stat, proc(5). */
  readonly startTicks: string;
}

/** The identity of a living process; undefined when there is none with this number. */
export function identify(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  const startTicks = fields?.[19];
  return fields === undefined || startTicks === undefined || fields[0] === 'Z' ? undefined : { pid, startTicks };
}

/** Whether this very process still runs; a zombie does not. */
export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  return identify(pid)?.startTicks === startTicks;
}

/** Sends a signal to this very process; false when it is gone. */
export function signal(process_: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(process_)) return false;
  try {
    return process.kill(process_.pid, name);
  } catch {
    return false;
  }
}

/** Waits until a condition holds; false when it did not within `timeoutMs`. */
export async function waitUntil(
  clock: Clock,
  timeoutMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  while (!(await holds())) {
    if (clock.monotonicMs() > deadlineMs) return false;
    await clock.sleep(20);
  }
  return true;
}

/** The kernel's name for this boot: after a restart of the machine no recorded process or namespace exists any more. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Fields of /proc/PID/stat from the third on: the second may contain blanks and parentheses. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
