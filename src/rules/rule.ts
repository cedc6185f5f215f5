import type { HostName } from '../base/ids.ts';
import type { Facts, ProbeId } from '../probes/registry.ts';

/** How urgent a finding is; `ok` states that something was checked and needs nothing. */
export type Severity = 'critical' | 'warning' | 'info' | 'ok';

/** One measured or read value that a finding stands on. */
export interface Evidence {
  /** What it is: "New outgoing connections". */
  readonly label: string;
  readonly value: number | string;
  /** The unit, when the value is a number: "per second", "sockets", "ports". */
  readonly unit?: string;
  /** Where it comes from: `ss -tan`, `/proc/net/snmp, 2 samples 10 s apart`, `/etc/nginx/conf.d/app.conf:12`. */
  readonly source: string;
}

/** What a rule concluded on one host. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** One line, no numbers that differ between like hosts: "Upstream connections are not pooled". */
  readonly title: string;
  /** One to four sentences: the numbers with units, the configuration to blame, what it means. */
  readonly explanation: readonly string[];
  readonly evidence: readonly Evidence[];
  /** What must not be concluded from it: "This is not port exhaustion: …". */
  readonly notConcluded: readonly string[];
  readonly confidence: 'high' | 'medium' | 'low';
  /** Equal on hosts that have the same finding for the same cause, so that they are shown once. */
  readonly groupKey: string;
  /** Topics that can't be judged on this host because of this finding. */
  readonly blocks?: readonly Topic[];
}

/** What a conclusion may depend on: the nginx configuration on disk being the one in force; the numbers being of nginx's network stack. */
export type Topic = 'nginx-config' | 'network-namespace';

/** A threshold that a runbook may set from its params. */
interface Threshold {
  readonly default: number;
  readonly unit: string;
  readonly help: string;
}

/** One host and what is known of it when rules look at it. */
export interface RuleInput<T extends string = string> {
  readonly host: HostName;
  readonly facts: Facts;
  readonly thresholds: Readonly<Record<T, number>>;
  /** Instant of the facts, ms since the epoch. */
  readonly at: number;
}

/** A pure function from facts to findings. With a needed fact missing it is not asked, and the run says so. */
export interface Rule<Id extends string = string, T extends string = string> {
  readonly id: Id;
  /** The number of the finding in the domain reference: `F1`. */
  readonly code: string;
  readonly title: string;
  readonly needs: readonly ProbeId[];
  /** Facts that sharpen the answer when they are there. */
  readonly uses?: readonly ProbeId[];
  readonly dependsOn?: readonly Topic[];
  readonly thresholds: Readonly<Record<T, Threshold>>;
  evaluate(input: RuleInput<T>): readonly Finding[];
}

/** Declares a rule; its id and threshold names are kept. */
export function defineRule<const Id extends string, const T extends string>(rule: Rule<Id, T>): Rule<Id, T> {
  return rule;
}
