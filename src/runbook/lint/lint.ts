import type { YamlProblem } from '../../base/yaml-source.ts';
import { answeredOffers } from './answered-offers.ts';
import { boundedIntervals } from './bounded-intervals.ts';
import { earlierOffers } from './earlier-offers.ts';
import { fileName } from './file-name.ts';
import { knownNames } from './known-names.ts';
import type { LintInput, LintRule } from './lint-rule.ts';
import { paramRanges } from './param-ranges.ts';
import { paramReferences } from './param-references.ts';
import { probedFacts } from './probed-facts.ts';
import { uniqueUses } from './unique-uses.ts';

const LINT_RULES: readonly LintRule[] = [
  fileName,
  knownNames,
  paramReferences,
  paramRanges,
  boundedIntervals,
  probedFacts,
  answeredOffers,
  earlierOffers,
  uniqueUses,
];

/** Everything that is wrong with a runbook beyond its shape, in the order of the file. */
export function lintRunbook(input: LintInput): YamlProblem[] {
  return LINT_RULES.flatMap((rule) => rule(input)).sort(
    (a, b) => a.location.line - b.location.line || a.location.column - b.location.column,
  );
}
