import { OperatorError } from '../base/error.ts';
import { formatNumber } from '../base/format.ts';
import { didYouMean } from '../base/near-match.ts';
import type { Param, ParamValues, Runbook } from './runbook.ts';

/**
 * The complete values of a run's params from what a person typed (`name=value`), defaults filled in.
 * Throws request/unknown-param or request/invalid-param; `details.param` names the field.
 */
export function resolveParams(runbook: Runbook, given: Readonly<Record<string, string>>): ParamValues {
  for (const name of Object.keys(given)) {
    if (!runbook.params.some((param) => param.name === name)) throw unknownParam(runbook, name);
  }
  return Object.fromEntries(
    runbook.params.map((param) => [
      param.name,
      paramValue(param, Object.hasOwn(given, param.name) ? given[param.name] : undefined),
    ]),
  );
}

/** "integer, 2 to 60 seconds, default 10" */
export function describeParam(param: Param): string {
  const unit = param.unit === undefined ? '' : ` ${param.unit}`;
  const range = rangeText(param);
  return [
    param.type,
    ...(range === '' ? [] : [`${range}${unit}`]),
    `default ${formatNumber(param.default)}${range === '' ? unit : ''}`,
  ].join(', ');
}

function paramValue(param: Param, text: string | undefined): number {
  if (text === undefined) return param.default;
  const number = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const wrongType = Number.isNaN(number) || (param.type === 'integer' && !Number.isInteger(number));
  const outside = number < (param.min ?? number) || number > (param.max ?? number);
  if (!wrongType && !outside) return number;
  throw new OperatorError('request/invalid-param', {
    message: wrongType
      ? `${param.name} must be ${param.type === 'integer' ? 'a whole number' : 'a number'}, not "${text}"`
      : `${param.name}=${text} is out of range`,
    hint: `${param.help} Allowed: ${describeParam(param)}.`,
    details: { param: param.name },
  });
}

function unknownParam(runbook: Runbook, name: string): OperatorError {
  const known = runbook.params.map((param) => param.name);
  const fallback = known.length === 0 ? `${runbook.name} has no params.` : `${runbook.name} has ${known.join(', ')}.`;
  return new OperatorError('request/unknown-param', {
    message: `unknown param "${name}"`,
    hint: didYouMean(name, known) ?? fallback,
    details: { param: name },
  });
}

function rangeText({ min, max }: Param): string {
  if (min !== undefined && max !== undefined) return `${formatNumber(min)} to ${formatNumber(max)}`;
  if (min !== undefined) return `at least ${formatNumber(min)}`;
  return max === undefined ? '' : `at most ${formatNumber(max)}`;
}
