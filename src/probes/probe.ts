import type { ReadCommand } from '../base/command.ts';

/** What a probe's command left behind on one host. Text is already bounded; it is hostile until parsed. */
export interface ProbeOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Bytes that were cut out of the middle of stdout because it exceeded the cap. */
  readonly droppedBytes: number;
}

/** A fact, or why the output does not hold one. A number that was not seen is never made up. */
export type Parsed<Fact> =
  | { readonly ok: true; readonly fact: Fact }
  | {
      readonly ok: false;
      /** `sudo_refused`: root was needed and sudo said no. `tool_missing`: the command is not there. `unreadable`: anything else. */
      readonly problem: 'sudo_refused' | 'tool_missing' | 'unreadable';
      /** One sentence for the operator: what was expected, what came instead, what to do. */
      readonly reason: string;
      /** The first lines of what came, as received. */
      readonly excerpt: string;
    };

/** What a probe may adapt its command to. */
interface ProbeContext {
  /** Whether `sudo -n` may be used on this host. */
  readonly sudo: boolean;
  /** Seconds between the two samples of a probe that measures rates. */
  readonly intervalSeconds: number;
}

/**
 * A read-only question to a host: a command and a pure parser that turns its output into a typed fact.
 * The command must change nothing, must not read stdin, and sends summaries, never raw socket lists.
 */
export interface Probe<Id extends string = string, Fact = unknown> {
  readonly id: Id;
  /** What is asked, in the operator's words: "Sockets by direction, state and peer". */
  readonly title: string;
  /** Whether the answer is complete only with root. */
  readonly privilege: 'user' | 'root';
  /** True when it mostly waits, between samples or for a timeout: it is asked beside the other steps then. */
  readonly waits?: boolean;
  /** What it may run as root, as sudoers(5) commands with their exact arguments; empty = it never asks for root. */
  readonly sudo: readonly string[];
  command(context: ProbeContext): ReadCommand;
  /** Upper bound for the command on a healthy host, in milliseconds. */
  timeoutMs(context: ProbeContext): number;
  parse(output: ProbeOutput): Parsed<Fact>;
  /** The fact's numbers worth keeping over time, by dotted name with the unit in the name: `tcp.timewait_sockets`. */
  numbers?(fact: Fact): Readonly<Record<string, number>>;
}

/** Declares a probe; the id and the fact's type are kept. */
export function defineProbe<const Id extends string, Fact>(probe: Probe<Id, Fact>): Probe<Id, Fact> {
  return probe;
}
