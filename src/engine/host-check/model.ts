import type { HostName } from '../../base/ids.ts';
import type { Asker } from '../asker.ts';

/** What is checked on a host, in this order: each rests on those before it. */
export const CHECK_IDS = ['reachable', 'host-key', 'login', 'sudo', 'tools', 'nginx', 'clock'] as const;

/** One thing that is checked. */
export type CheckId = (typeof CHECK_IDS)[number];

/**
 * How a check ended. `warning`: it works, but something is lost. `failed`: runs on this host do not work, or not the changes.
 * `not_reached`: an earlier check failed, so this was not looked at.
 */
export type CheckState = 'ok' | 'warning' | 'failed' | 'not_reached';

/** What one check of one host saw. Text that came from the host is harmless and redacted, but not escaped. */
export interface Check {
  readonly id: CheckId;
  readonly state: CheckState;
  /** One sentence that hosts in the same condition share: "The key is the one that is known." */
  readonly saw: string;
  /** What this host alone showed, with units: "127.0.0.1 port 22, 3 ms"; null = nothing more. */
  readonly detail: string | null;
  /** One sentence: what to do about it; null = nothing. */
  readonly todo: string | null;
  /** What is missing or lost, one thing each, such as the commands that sudo does not allow. */
  readonly items: readonly string[];
}

/** All checks of one host, in the order of CHECK_IDS. */
export interface HostChecks {
  readonly host: HostName;
  /** The worst of its checks. */
  readonly state: 'ok' | 'warning' | 'failed';
  readonly checks: readonly Check[];
}

/** What a look at hosts came to: every host that the selector names is in it, in inventory order. */
export interface HostCheck {
  /** As it was asked. */
  readonly selector: string;
  readonly hosts: readonly HostChecks[];
  /** How long it all took. */
  readonly durationMs: number;
}

/** A wish to know what works on hosts. */
export interface HostCheckRequest extends Asker {
  readonly selector: string;
  /** Gives up when aborted; hosts that have not answered count as not reached. */
  readonly signal?: AbortSignal;
}
