import type { HostName } from '../base/ids.ts';
import type { Facts, ProbeId } from '../probes/registry.ts';

/**
 * One reversible act on a host. The receipt captures its pre-image before it is done, and undo restores exactly that.
 * `sysctl`: a runtime kernel setting (a path below /proc/sys). `file`: a whole file, replaced by rename.
 */
export type ChangeAction =
  | { readonly kind: 'sysctl'; readonly key: string; readonly before: string; readonly after: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** null = the file does not exist yet. */
      readonly before: string | null;
      readonly after: string;
    };

/** The exact change for one host, and everything a person needs to judge it. */
export interface HostPlan {
  readonly host: HostName;
  readonly actions: readonly ChangeAction[];
  /** The facts the plan rests on; equal facts give an equal plan. Counts that vary by the second do not belong here. */
  readonly basis: Readonly<Record<string, unknown>>;
  /** The predicted effect, in numbers with units. */
  readonly predicted: readonly string[];
  readonly risks: readonly string[];
  /** How the effect will be proven. */
  readonly proof: readonly string[];
}

/** What planning says for one host. */
export type Planned =
  | { readonly kind: 'change'; readonly plan: HostPlan }
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** Whether the change did what it was predicted to do. */
export interface Verdict {
  readonly outcome: 'proven' | 'not_proven';
  /** The numbers before and after, as sentences. */
  readonly statements: readonly string[];
}

/** What a remedy plans from. */
export interface PlanInput {
  readonly host: HostName;
  readonly facts: Facts;
  /** `41-1`: named in comments of files that the change writes. */
  readonly changeId: string;
}

/** A known fix: planned from facts, applied under a receipt, proven by re-reading, undone from the captured pre-image. */
export interface Remedy<Id extends string = string> {
  readonly id: Id;
  /** The number of the remedy in the domain reference: `R3`. */
  readonly code: string;
  /** "reserve service ports" */
  readonly title: string;
  readonly risk: 'low' | 'medium' | 'high';
  /** Facts that planning needs; they are read again before applying, which is refused when one of them is missing then. */
  readonly needs: readonly ProbeId[];
  /** Facts that sharpen the plan when they are there; read again, too. */
  readonly uses?: readonly ProbeId[];
  plan(input: PlanInput): Planned;
  readonly verify: {
    /** How long after applying the proof is taken, in milliseconds. */
    readonly afterMs: number;
    readonly needs: readonly ProbeId[];
    /** Facts that the statements name when they are there. */
    readonly uses?: readonly ProbeId[];
    judge(plan: HostPlan, before: Facts, after: Facts): Verdict;
  };
}

/** Declares a remedy; its id is kept. */
export function defineRemedy<const Id extends string>(remedy: Remedy<Id>): Remedy<Id> {
  return remedy;
}
