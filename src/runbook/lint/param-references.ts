import { unknownName, type YamlProblem } from '../../base/yaml-source.ts';
import type { LintInput, LintRule } from './lint-rule.ts';

/** Every `$param` is declared, and every declared param is used. */
export const paramReferences: LintRule = (input) => {
  const declared = Object.keys(input.source.value.params ?? {});
  const used = references(input);
  const unknown = used
    .filter(({ name }) => !declared.includes(name))
    .map(({ name, path }) => unknownName('param', name, declared, input.source.locate(path)));
  const unused: YamlProblem[] = declared
    .filter((name) => !used.some((reference) => reference.name === name))
    .map((name) => ({
      message: `param "${name}" is not used`,
      location: input.source.locate(['params', name]),
      hint: `Use it as "$${name}", or remove it.`,
    }));
  return [...unknown, ...unused];
};

function references(input: LintInput): { name: string; path: PropertyKey[] }[] {
  const { steps, rules } = input.source.value;
  const found = [
    ...steps.map((step, index) => ({ value: step.interval, path: ['steps', index, 'interval'] })),
    ...rules.flatMap((use, index) =>
      Object.entries(use.thresholds ?? {}).map(([name, value]) => ({
        value,
        path: ['rules', index, 'thresholds', name],
      })),
    ),
  ];
  return found.flatMap(({ value, path }) => (typeof value === 'string' ? [{ name: value.slice(1), path }] : []));
}
