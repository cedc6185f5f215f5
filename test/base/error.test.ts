import { describe, expect, it } from 'vitest';
import { ERROR_CODES, messageOf, OperatorError } from '../../src/base/error.ts';

describe('an operator error', () => {
  it('names its place as editors and terminals link it', () => {
    const error = new OperatorError('config/invalid', {
      message: 'two hosts',
      location: { file: 'a.yaml', line: 3, column: 7 },
    });
    expect(error.located).toBe('a.yaml:3:7 two hosts');
    expect(new OperatorError('config/invalid', { message: 'x' }).located).toBe('x');
  });

  it('knows its exit status and whether trying again may help', () => {
    expect(new OperatorError('policy/own-proposal', { message: 'x' })).toMatchObject({
      exitStatus: 4,
      retryable: false,
    });
    expect(new OperatorError('store/full', { message: 'x' })).toMatchObject({ exitStatus: 7, retryable: true });
  });

  it('has for every code one of the documented exit statuses', () => {
    for (const [code, { exit }] of Object.entries(ERROR_CODES)) expect([2, 3, 4, 5, 6, 7, 8], code).toContain(exit);
  });
});

describe('messageOf', () => {
  it('takes whatever was thrown', () => {
    expect([new Error('a'), 'b', 5, undefined].map(messageOf)).toEqual(['a', 'b', '5', 'undefined']);
  });
});
