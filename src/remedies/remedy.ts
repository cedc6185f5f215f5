import type { HostName } from '../base/ids.ts';
import type { Facts, ProbeId } from '../probes/registry.ts';

/** Bytes of a file that are taken out and put in at one place. Positions are bytes of the file as it was planned on. */
export interface Splice {
  readonly at: number;
  /** Length of what is taken out, in bytes; 0 = only insert. */
  readonly remove: number;
  /** What is put in; one character per byte (latin1), so that nothing is re-encoded. */
  readonly insert: string;
}

/** A line of a file around a splice, for people. */
export interface ShownLine {
  readonly mark: ' ' | '-' | '+';
  /** 1-based number in the old file; null for a line that is put in. */
  readonly line: number | null;
  readonly text: string;
}

/**
 * One reversible act on a host. The receipt captures its pre-image before it is done, and undo restores exactly that.
 * `sysctl`: a runtime kernel setting (a path below /proc/sys). `file`: a whole file, replaced by rename.
 * `edit`: splices in an existing file, which must have the digest it was planned on; owner, mode and links stay.
 * `nginx`: tests the configuration and makes the running master load it; it follows the edits of its files, and undo
 * does it again after they are restored.
 */
export type ChangeAction =
  | { readonly kind: 'sysctl'; readonly key: string; readonly before: string; readonly after: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** null = the file does not exist yet. */
      readonly before: string | null;
      readonly after: string;
    }
  | {
      readonly kind: 'edit';
      /** The file itself, symbolic links resolved. */
      readonly path: string;
      /** SHA-256 of the file's bytes, hex. */
      readonly sha256: string;
      /** In ascending order, without overlaps. */
      readonly splices: readonly Splice[];
      readonly shown: readonly ShownLine[];
    }
  | {
      readonly kind: 'nginx';
      /** The running binary: `/usr/sbin/nginx`. */
      readonly binary: string;
      /** `-c` and `-p` of the running master; null = its built-in default. */
      readonly conf: string | null;
      readonly prefix: string | null;
    };

/** The exact change for one host, and everything a person needs to judge it. */
export interface HostPlan {
  readonly host: HostName;
  readonly actions: readonly ChangeAction[];
  /** The facts the plan rests on; equal facts give an equal plan. Counts that vary by the second do not belong here. */
  readonly basis: Readonly<Record<string, unknown>>;
  /** The predicted effect, in numbers with units. */
  readonly predicted: readonly string[];
  /** The numbers behind `predicted`, for the proof to hold the change to. */
  readonly targets?: Readonly<Record<string, number>>;
  readonly risks: readonly string[];
  /** How the effect will be proven. */
  readonly proof: readonly string[];
  /** Why an approver has to confirm by typing, beyond what the policy asks; absent = nothing special. */
  readonly confirm?: readonly string[];
}

/** What planning says for one host. */
export type Planned =
  | { readonly kind: 'change'; readonly plan: HostPlan }
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** It has to be done elsewhere (a configuration manager, an application): what to do there, as text. */
  | { readonly kind: 'advice'; readonly reason: string; readonly text: string };

/** Whether the change did what it was predicted to do. */
export interface Verdict {
  /**
   * `harmful`: errors appeared after the change that were not there before, or were fewer; the host is put back, whatever
   * else was seen. `not_proven`: it missed its prediction, without such errors.
   */
  readonly outcome: 'proven' | 'not_proven' | 'harmful';
  /** The numbers before and after, as sentences. */
  readonly statements: readonly string[];
}

/** One look at the effect of a change. */
export interface Proof {
  /** How long after applying it is taken, in milliseconds. */
  readonly afterMs: number;
  readonly needs: readonly ProbeId[];
  /** Facts that the statements name when they are there. */
  readonly uses?: readonly ProbeId[];
  /** Time between two samples of a probe that measures rates, in seconds; 2 when absent. The facts before are sampled alike. */
  readonly intervalSeconds?: number;
  judge(plan: HostPlan, before: Facts, after: Facts): Verdict;
}

/** What a remedy plans from. */
export interface PlanInput {
  readonly host: HostName;
  readonly facts: Facts;
  /** `41-1`: named in comments of files that the change writes. */
  readonly changeId: string;
  /** When facts are read again before applying: what was approved. A size that rests on counts stays while it still suffices. */
  readonly approved?: HostPlan;
}

/** What a remedy may change on a host. */
interface Touches {
  /** Kernel settings at runtime, as sysctl(8) names them. */
  readonly sysctls: readonly string[];
  /** Whole files, by their paths. */
  readonly files: readonly string[];
  /** Files below /etc/nginx, and the reload of nginx. */
  readonly nginx: boolean;
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
  /**
   * The looks at the effect, in order of time: the fast signal first, after which the host keeps the change for good; then,
   * where the effect takes its time, the slow one.
   */
  readonly proofs: readonly [fast: Proof, slow?: Proof];
  /** What of a host it may change; `countersign sudoers` gives the rights for that, and no others. */
  readonly touches: Touches;
}

/** Declares a remedy; its id is kept. */
export function defineRemedy<const Id extends string>(remedy: Remedy<Id>): Remedy<Id> {
  return remedy;
}
