import type { YamlProblem, YamlSource } from '../../base/yaml-source.ts';
import type { Catalogue } from '../catalogue.ts';
import type { RunbookFile } from '../schema.ts';

/** What a lint rule looks at: an authored runbook that passed its schema. */
export interface LintInput {
  readonly file: string;
  readonly source: YamlSource<RunbookFile>;
  readonly catalogue: Catalogue;
}

/** A cross-reference check: the problems of one kind, each with its place. */
export type LintRule = (input: LintInput) => readonly YamlProblem[];
