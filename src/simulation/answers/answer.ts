import type { Machine } from '../machine.ts';

/** What a command of a simulated host left behind. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Who is asked, and how. */
export interface Asked {
  readonly machine: Machine;
  /** Whether the command may use `sudo -n`. */
  readonly sudo: boolean;
  readonly intervalSeconds: number;
  /** Lets time pass; rejects when the command is ended meanwhile. */
  wait(ms: number): Promise<void>;
}

/** What a probe's script would print on this host. */
export type Answer = (asked: Asked) => Output | Promise<Output>;

/** Lines on stdout, and success. */
export function lines(...texts: readonly string[]): Output {
  return { stdout: texts.map((text) => `${text}\n`).join(''), stderr: '', exitCode: 0 };
}

/** Nothing but a status and words on stderr. */
export function failed(exitCode: number, stderr = ''): Output {
  return { stdout: '', stderr, exitCode };
}
