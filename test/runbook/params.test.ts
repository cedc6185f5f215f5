import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { describeParam, resolveParams } from '../../src/runbook/params.ts';
import type { Param, Runbook } from '../../src/runbook/runbook.ts';
import { numberOf } from '../../src/runbook/runbook.ts';

const interval: Param = {
  name: 'interval',
  type: 'integer',
  default: 10,
  min: 2,
  max: 60,
  unit: 'seconds',
  help: 'Time.',
};
const share: Param = {
  name: 'share',
  type: 'number',
  default: 0.5,
  min: undefined,
  max: undefined,
  unit: undefined,
  help: 'Share.',
};

function runbook(...params: Param[]): Runbook {
  return { name: 'ports', title: '', description: '', version: '', file: '', params, steps: [], rules: [], offers: [] };
}

function refusal(given: Record<string, string>): OperatorError {
  try {
    resolveParams(runbook(interval, share), given);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the params were accepted');
}

describe('resolveParams', () => {
  it('fills in defaults and takes what is given', () => {
    expect(resolveParams(runbook(interval, share), {})).toEqual({ interval: 10, share: 0.5 });
    expect(resolveParams(runbook(interval, share), { interval: '2', share: '-0.25' })).toEqual({
      interval: 2,
      share: -0.25,
    });
  });

  it.each(['', 'ten', '1e3', '0x10', ' 5', '5 ', '1,000', '5.5', 'NaN', 'Infinity', '--5', '5;', '٥'])(
    'refuses %j as an integer',
    (text) => {
      const error = refusal({ interval: text });
      expect(error.code).toBe('request/invalid-param');
      expect(error.message).toBe(`interval must be a whole number, not "${text}"`);
      expect(error.hint).toBe('Time. Allowed: integer, 2 to 60 seconds, default 10.');
      expect(error.details).toEqual({ param: 'interval' });
    },
  );

  it('keeps the default of a param that is named like a property of every object', () => {
    expect(resolveParams(runbook({ ...interval, name: 'constructor' }), {})).toEqual({ constructor: 10 });
  });

  it.each(['1', '61', '-5'])('refuses %s, which is out of range', (text) => {
    expect(refusal({ interval: text }).message).toBe(`interval=${text} is out of range`);
  });

  it('answers an unknown param with near matches, else with all', () => {
    expect(refusal({ intervall: '5' })).toMatchObject({
      code: 'request/unknown-param',
      message: 'unknown param "intervall"',
      hint: 'Did you mean interval?',
      details: { param: 'intervall' },
    });
    expect(refusal({ zebra: '5' }).hint).toBe('ports has interval, share.');
    expect(() => resolveParams(runbook(), { x: '1' })).toThrow(
      expect.objectContaining({ hint: 'ports has no params.' }),
    );
  });

  it('gives finite numbers within the range, or an operator error, whatever is typed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('0', '5', '9', '.', '-', 'e', '+', ' ', 'x'), maxLength: 6 }),
        (text) => {
          try {
            const { interval: value = Number.NaN } = resolveParams(runbook(interval), { interval: text });
            expect(Number.isInteger(value) && value >= 2 && value <= 60).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(OperatorError);
          }
        },
      ),
    );
  });
});

describe('describeParam', () => {
  it.each([
    [interval, 'integer, 2 to 60 seconds, default 10'],
    [share, 'number, default 0.5'],
    [{ ...interval, max: undefined }, 'integer, at least 2 seconds, default 10'],
    [{ ...interval, min: undefined }, 'integer, at most 60 seconds, default 10'],
    [{ ...interval, min: undefined, max: undefined }, 'integer, default 10 seconds'],
  ])('says type, range, unit and default', (param, text) => {
    expect(describeParam(param)).toBe(text);
  });
});

describe('numberOf', () => {
  it('is the number, or what the run gives to the param', () => {
    expect(numberOf({ kind: 'number', number: 3 }, {})).toBe(3);
    expect(numberOf({ kind: 'param', param: 'a' }, { a: 4 })).toBe(4);
    expect(() => numberOf({ kind: 'param', param: 'a' }, {})).toThrow('param a has no value');
  });
});
