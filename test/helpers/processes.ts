import { readdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';

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

/**
 * A duration for sleep(1), in seconds, that no other process of this machine sleeps for. What still sleeps for it when
 * the test ends is killed.
 */
export function ownSleep(): string {
  const sleep = `${3000 + (process.pid % 1000)}.${process.hrtime.bigint() % 1_000_000_000n}`;
  onTestFinished(() => processesWithArgument(sleep).forEach(kill));
  return sleep;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // It ended in between.
  }
}
