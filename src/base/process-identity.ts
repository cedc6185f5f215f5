import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/*
 * A process is named by machine, boot, process id and start time, so that a reused process id is not mistaken for it
 * (proc(5): /proc/sys/kernel/random/boot_id, field 22 of /proc/PID/stat).
 */

/** The name of this process. */
export function processIdentity(): string {
  return [hostname(), bootId(), process.pid, startTime(process.pid) ?? 'unknown'].join('/');
}

/** Whether the process of this name is certainly gone; false for other machines, which cannot be judged from here. */
export function isProcessGone(identity: string): boolean {
  const [machine, boot, pid, start] = identity.split('/');
  if (machine !== hostname() || boot === 'unknown' || start === 'unknown') return false;
  return boot !== bootId() || startTime(Number(pid)) !== start;
}

function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id', 'unknown').trim();
}

function startTime(pid: number): string | undefined {
  const stat = readOr(`/proc/${pid}/stat`, '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
