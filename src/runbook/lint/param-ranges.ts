import type { YamlProblem } from '../../base/yaml-source.ts';
import type { LintRule } from './lint-rule.ts';

/** A param's default is one of the values that it allows. */
export const paramRanges: LintRule = ({ source }) =>
  Object.entries(source.value.params ?? {}).flatMap(([name, param]): YamlProblem[] => {
    const location = source.locate(['params', name, 'default']);
    if (param.type === 'integer' && !Number.isInteger(param.default)) {
      return [
        {
          message: `param "${name}" is an integer but its default is ${param.default}`,
          location,
          hint: 'Use a whole number, or type number.',
        },
      ];
    }
    if (param.default < (param.min ?? param.default) || param.default > (param.max ?? param.default)) {
      return [
        {
          message: `param "${name}" has a default outside min and max`,
          location,
          hint: 'Choose a default between them.',
        },
      ];
    }
    return [];
  });
