import type { YamlProblem } from '../../base/yaml-source.ts';
import type { LintRule } from './lint-rule.ts';

/** No probe, rule or remedy is named twice: the second would cost time and change nothing. */
export const uniqueUses: LintRule = ({ source }) => {
  const repeated = (kind: string, names: readonly string[], path: (index: number) => PropertyKey[]): YamlProblem[] =>
    names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [
            {
              message: `${kind} "${name}" is there twice`,
              location: source.locate(path(index)),
              hint: 'Keep one of them.',
            },
          ],
    );
  return [
    ...repeated(
      'probe',
      source.value.steps.map((step) => step.probe),
      (index) => ['steps', index, 'probe'],
    ),
    ...repeated(
      'rule',
      source.value.rules.map((use) => use.rule),
      (index) => ['rules', index, 'rule'],
    ),
    ...repeated(
      'remedy',
      (source.value.offers ?? []).map((offer) => offer.remedy),
      (index) => ['offers', index, 'remedy'],
    ),
  ];
};
