import { isObject } from '../json.ts';

/** Something that Slack would refuse, and where: a JSON pointer into what was sent. */
export interface Problem {
  readonly message: string;
  readonly pointer: string;
}

/** Looks at a value and says what Slack would refuse in it. */
export type Check = (value: unknown, pointer: string) => readonly Problem[];

/** A property of an object: its check, and whether it may be absent. */
export interface Property {
  readonly check: Check;
  readonly optional: boolean;
}

/** What Slack says first where several shapes are allowed and none fits. */
export const NO_SCHEMA = 'failed to match all allowed schemas';

const FINE: readonly Problem[] = [];

/** One problem in Slack's own words. */
export function problem(message: string, pointer: string): readonly Problem[] {
  return [{ message, pointer }];
}

/** A property that must be there. */
export function required(check: Check): Property {
  return { check, optional: false };
}

/** A property that may be absent. */
export function optional(check: Check): Property {
  return { check, optional: true };
}

/** Text of `min` to `max` UTF-16 code units. */
export function string(max: number, min = 1): Check {
  return (value, pointer) => {
    if (typeof value !== 'string') return problem('must provide a string', pointer);
    if (value.length < min) return problem(`must be more than ${min - 1} characters`, pointer);
    return value.length > max ? problem(`must be less than ${max + 1} characters`, pointer) : FINE;
  };
}

/** A yes or no. */
export const boolean: Check = (value, pointer) =>
  typeof value === 'boolean' ? FINE : problem('must provide a boolean', pointer);

/** A number. */
export const number: Check = (value, pointer) =>
  typeof value === 'number' ? FINE : problem('must provide a number', pointer);

/** A whole number from `min` to `max`. */
export function within(min: number, max: number): Check {
  return (value, pointer) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return problem('must provide an integer', pointer);
    return value >= min && value <= max ? FINE : problem(`must be from ${min} to ${max}`, pointer);
  };
}

/** Anything at all. */
export const anything: Check = () => FINE;

/** One of these texts. */
export function oneOf(...words: readonly string[]): Check {
  return (value, pointer) =>
    typeof value === 'string' && words.includes(value)
      ? FINE
      : problem(`must be a valid enum value: ${words.join(', ')}`, pointer);
}

/** A list whose every item passes. */
export function list(item: Check, limits: { min?: number; max: number }): Check {
  const min = limits.min ?? 1;
  return (value, pointer) => {
    if (!Array.isArray(value)) return problem('must provide an array', pointer);
    if (value.length < min) return problem(`no fewer than ${min} items allowed`, pointer);
    if (value.length > limits.max) return problem(`no more than ${limits.max} items allowed`, pointer);
    return value.flatMap((entry, index) => item(entry, `${pointer}/${index}`));
  };
}

/** An object with these properties and no others; `type` is always allowed. */
export function shape(properties: Readonly<Record<string, Property>>): Check {
  return (value, pointer) => {
    if (!isObject(value)) return problem('must provide an object', pointer);
    const unknown = Object.keys(value)
      .filter((name) => name !== 'type' && !Object.hasOwn(properties, name))
      .flatMap((name) => problem(`invalid additional property: ${name}`, pointer));
    const known = Object.entries(properties).flatMap(([name, property]) => {
      if (value[name] !== undefined) return property.check(value[name], `${pointer}/${name}`);
      return property.optional ? FINE : problem(`missing required field: ${name}`, pointer);
    });
    return [...unknown, ...known];
  };
}

/** An object whose `type` chooses its check. */
export function byType(checks: Readonly<Record<string, Check>>): Check {
  return (value, pointer) => {
    if (!isObject(value)) return problem('must provide an object', pointer);
    const type = value['type'];
    if (typeof type !== 'string') return problem('missing required field: type', pointer);
    const check = Object.hasOwn(checks, type) ? checks[type] : undefined;
    return check ? check(value, pointer) : problem(`unsupported type: ${type}`, `${pointer}/type`);
  };
}
