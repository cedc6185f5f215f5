import type { YamlProblem } from '../../base/yaml-source.ts';
import type { LintRule } from './lint-rule.ts';

const MIN_SECONDS = 1;
const MAX_SECONDS = 300;

/** The time between two samples has bounds, so that no run can be asked to wait for hours. */
export const boundedIntervals: LintRule = ({ source }) =>
  source.value.steps.flatMap(({ interval }, index): YamlProblem[] => {
    if (interval === undefined) return [];
    const range =
      typeof interval === 'number' ? { min: interval, max: interval } : source.value.params?.[interval.slice(1)];
    if (!range) return []; // An unknown param is another rule's finding.
    if ((range.min ?? 0) >= MIN_SECONDS && (range.max ?? Number.POSITIVE_INFINITY) <= MAX_SECONDS) return [];
    const what =
      typeof interval === 'number' ? `the interval ${interval}` : `the param "${interval.slice(1)}" of an interval`;
    return [
      {
        message: `${what} is not bound to ${MIN_SECONDS} to ${MAX_SECONDS} seconds`,
        location: source.locate(['steps', index, 'interval']),
        hint:
          typeof interval === 'number'
            ? `Choose a number from ${MIN_SECONDS} to ${MAX_SECONDS}.`
            : `Give the param a min of at least ${MIN_SECONDS} and a max of at most ${MAX_SECONDS}.`,
      },
    ];
  });
