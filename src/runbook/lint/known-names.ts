import { unknownName } from '../../base/yaml-source.ts';
import type { LintInput, LintRule } from './lint-rule.ts';

/** Every probe, rule, threshold and remedy that a runbook names exists. */
export const knownNames: LintRule = (input) => [
  ...input.source.value.steps.flatMap(({ probe }, index) =>
    known(input, 'probe', probe, input.catalogue.probes, ['steps', index, 'probe']),
  ),
  ...input.source.value.rules.flatMap((use, index) => [
    ...known(input, 'rule', use.rule, input.catalogue.rules, ['rules', index, 'rule']),
    ...thresholds(input, index),
  ]),
  ...(input.source.value.offers ?? []).flatMap(({ remedy }, index) =>
    known(input, 'remedy', remedy, input.catalogue.remedies, ['offers', index, 'remedy']),
  ),
];

function known(
  input: LintInput,
  kind: string,
  name: string,
  all: ReadonlyMap<string, unknown>,
  path: readonly PropertyKey[],
) {
  return all.has(name) ? [] : [unknownName(kind, name, [...all.keys()], input.source.locate(path))];
}

function thresholds(input: LintInput, index: number) {
  const use = input.source.value.rules[index];
  const rule = use ? input.catalogue.rules.get(use.rule) : undefined;
  if (!rule) return [];
  const names = Object.keys(rule.thresholds);
  return Object.keys(use?.thresholds ?? {})
    .filter((name) => !names.includes(name))
    .map((name) => unknownName('threshold', name, names, input.source.locate(['rules', index, 'thresholds', name])));
}
