import type { YamlProblem } from '../../base/yaml-source.ts';
import type { LintRule } from './lint-rule.ts';

/**
 * Every fact that a rule or a remedy needs is asked for in a step; otherwise it could never conclude anything. So are
 * those a remedy uses when they are there: they are read again before applying, and a plan made without them would differ.
 */
export const probedFacts: LintRule = ({ source, catalogue }) => {
  const probed = new Set(source.value.steps.map((step) => step.probe));
  const missing = (kind: string, name: string, needs: readonly string[], path: readonly PropertyKey[]): YamlProblem[] =>
    needs
      .filter((need) => !probed.has(need))
      .map((need) => ({
        message: `${kind} "${name}" needs the probe "${need}", which no step asks`,
        location: source.locate(path),
        hint: `Add "- probe: ${need}" to steps.`,
      }));
  return [
    ...source.value.rules.flatMap(({ rule }, index) =>
      missing('rule', rule, catalogue.rules.get(rule)?.needs ?? [], ['rules', index, 'rule']),
    ),
    ...(source.value.offers ?? []).flatMap(({ remedy }, index) => {
      const { needs = [], uses = [] } = catalogue.remedies.get(remedy) ?? {};
      return missing('remedy', remedy, [...needs, ...uses], ['offers', index, 'remedy']);
    }),
  ];
};
