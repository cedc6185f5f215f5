import type { Probe } from '../probes/probe.ts';
import type { Remedy } from '../remedies/remedy.ts';
import type { Rule } from '../rules/rule.ts';

/** A number fixed by the runbook, or the param that a run gives it by. */
export type Value =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'param'; readonly param: string };

/** A value that a run may set. */
export interface Param {
  readonly name: string;
  readonly type: 'integer' | 'number';
  readonly default: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly unit: string | undefined;
  readonly help: string;
}

/** One read-only question of a runbook. */
export interface Step {
  readonly probe: Probe;
  readonly interval: Value;
}

/** A rule and the thresholds it is given; those not named keep the rule's defaults. */
export interface RuleUse {
  readonly rule: Rule;
  readonly thresholds: Readonly<Record<string, Value>>;
}

/** A remedy that is planned on hosts where one of these rules found a warning or worse. */
export interface Offer {
  readonly remedy: Remedy;
  readonly rules: readonly string[];
  /** Ids of earlier remedies; on a host where one of them is proposed, this one is not. */
  readonly unless: readonly string[];
}

/** A runbook with all its references resolved. */
export interface Runbook {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** SHA-256 of the file's text; stored with every run. */
  readonly version: string;
  readonly file: string;
  readonly params: readonly Param[];
  readonly steps: readonly Step[];
  readonly rules: readonly RuleUse[];
  readonly offers: readonly Offer[];
}

/** The values of one run's params, complete and checked. */
export type ParamValues = Readonly<Record<string, number>>;

/** The number that a value has in a run. Throws when the param is unknown, which lint excludes. */
export function numberOf(value: Value, params: ParamValues): number {
  if (value.kind === 'number') return value.number;
  const given = params[value.param];
  if (given === undefined) throw new Error(`param ${value.param} has no value`);
  return given;
}
