import { readdirSync, readFileSync } from 'node:fs';

/** The pids of processes of this machine with `text` as one of their arguments. */
export function processesWithArgument(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => argumentsOf(pid).includes(text))
    .map(Number);
}

/** Whether a process of this machine runs exactly this command. */
export function isRunning(argv: readonly string[]): boolean {
  return readdirSync('/proc').some(
    (name) => /^\d+$/.test(name) && argumentsOf(name).join('\0') === `${argv.join('\0')}\0`,
  );
}

/** A duration for sleep(1), in seconds, that no other process of this machine sleeps for. */
export function uniqueSleep(): string {
  return `${3000 + (process.pid % 1000)}.${process.hrtime.bigint() % 1_000_000_000n}`;
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // It ended in between.
  }
}
