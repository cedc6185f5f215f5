import type { ChangeCommand, ReadCommand } from '../base/command.ts';
import type { Host } from '../inventory/host.ts';
import type { ApprovalGrant } from './grant.ts';

/** One read-only step of a run: its name in the frame, what to run, and how long it may take. */
export interface ReadStep {
  readonly id: string;
  readonly command: ReadCommand;
  readonly timeoutMs: number;
}

/** What a step left behind. Output is bounded, keeping head and tail; it is not yet redacted. */
export interface StepOutput {
  readonly id: string;
  /** null when the step was killed at its timeout. */
  readonly exitCode: number | null;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes of stdout and stderr that were dropped from the middle. */
  readonly droppedBytes: number;
}

/** Why a host could not be asked, or not to the end. */
export type HostFailure =
  | 'unreachable'
  | 'auth_failed'
  | 'host_key_mismatch'
  | 'host_key_unknown'
  | 'timed_out'
  | 'cancelled'
  | 'unknown';

/** The answer of one host to a framed script; the steps that did end are always there. */
export type ReadOutcome =
  | { readonly kind: 'ok'; readonly steps: readonly StepOutput[]; readonly durationMs: number }
  | {
      readonly kind: HostFailure;
      /** One sentence: what happened, and what to check. */
      readonly detail: string;
      readonly steps: readonly StepOutput[];
      readonly durationMs: number;
    };

/** The answer of one host to a changing command. `kind` other than `ok` leaves open whether the command ran. */
export type ChangeOutcome =
  | { readonly kind: 'ok'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: HostFailure; readonly detail: string };

/** What a new connection to a host showed, as far as it came; what was not reached is null. */
export interface Greeting {
  /** Milliseconds until the host took the TCP connection. */
  readonly reachedMs: number | null;
  /** The key that the host showed; trusted unless the failure says otherwise. */
  readonly hostKey: { readonly type: string; readonly fingerprint: string } | null;
  /** Milliseconds until the user was logged in, from the beginning. */
  readonly loggedInMs: number | null;
  /** Why it did not come further; null when the user was logged in. */
  readonly failure: { readonly kind: HostFailure; readonly detail: string } | null;
}

/** How a step's progress is told while a framed script runs. */
export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Called when a step begins on the host. */
  readonly onStepStarted?: (stepId: string) => void;
}

/**
 * The way to hosts.
 *
 * Contract, for every implementation:
 * - `read` runs all steps in one exec, in order, each with its own timeout; a step that fails does not stop the next.
 * - Nothing here throws for what a host does or does not do: outcomes are data.
 * - The host's key is verified against the inventory before anything is sent.
 * - `greet` always makes a connection of its own, sends no command over it, and closes it.
 * - Aborting the signal ends the remote processes too, and the outcome is `cancelled`.
 * - `change` refuses (throws, a bug in the caller) when the grant does not cover the host.
 */
export interface Transport extends AsyncDisposable {
  /** Connects and logs in anew, whatever connections are open, and tells how far that came. */
  greet(host: Host, options: { readonly signal: AbortSignal }): Promise<Greeting>;
  read(host: Host, steps: readonly ReadStep[], options: ReadOptions): Promise<ReadOutcome>;
  change(
    host: Host,
    command: ChangeCommand,
    grant: ApprovalGrant,
    options: { signal: AbortSignal; timeoutMs: number },
  ): Promise<ChangeOutcome>;
}
