import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { draftTypedRun, parseTypedRun } from '../../src/runbook/request.ts';

describe('parseTypedRun', () => {
  it.each([
    ['time-wait on @web', { runbook: 'time-wait', selector: '@web', params: {} }],
    ['time-wait @web', { runbook: 'time-wait', selector: '@web', params: {} }],
    ['  time-wait   on  @web  !web-2 ', { runbook: 'time-wait', selector: '@web !web-2', params: {} }],
    [
      'time-wait on web-1,web-2 interval=5 a=b=c',
      { runbook: 'time-wait', selector: 'web-1,web-2', params: { interval: '5', a: 'b=c' } },
    ],
    ['time-wait interval=5 on @web', { runbook: 'time-wait', selector: '@web', params: { interval: '5' } }],
    ['time-wait on @web interval=', { runbook: 'time-wait', selector: '@web', params: { interval: '' } }],
    ['time-wait on <!subteam^S1|@web>', { runbook: 'time-wait', selector: '<!subteam^S1|@web>', params: {} }],
  ])('takes %j apart', (text, expected) => {
    expect(parseTypedRun(text)).toEqual(expected);
  });

  it.each([
    ['', 'which runbook?'],
    ['interval=5 on @web', 'which runbook?'],
    ['time-wait', 'on which hosts should time-wait run?'],
    ['time-wait on', 'on which hosts should time-wait run?'],
    ['time-wait on interval=5', 'on which hosts should time-wait run?'],
  ])('asks for what %j lacks', (text, message) => {
    expect(() => parseTypedRun(text)).toThrow(
      expect.objectContaining({ code: 'request/invalid', message, hint: expect.stringContaining('run NAME on HOSTS') }),
    );
  });

  it('refuses a param that is given twice', () => {
    expect(() => parseTypedRun('time-wait on @web a=1 a=2')).toThrow(
      expect.objectContaining({ code: 'request/invalid-param', message: 'a is given twice', details: { param: 'a' } }),
    );
  });

  it('takes names of properties of every object as params like any other', () => {
    const { params } = parseTypedRun('time-wait on @web __proto__=1 constructor=2');
    expect(Object.keys(params).sort()).toEqual(['__proto__', 'constructor']);
  });

  it('gives a request or an operator error, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { runbook, selector } = parseTypedRun(text);
          expect(runbook).not.toMatch(/[\s=]/);
          expect(selector).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(OperatorError);
        }
      }),
    );
  });
});

describe('draftTypedRun', () => {
  const names = (word: string) => (word === 'time-wait' ? 'runbook' : 'hosts');

  it.each([
    ['', { runbook: '', selector: '', params: {} }],
    ['time-wait', { runbook: 'time-wait', selector: '', params: {} }],
    ['@web', { runbook: '', selector: '@web', params: {} }],
    ['on web-1 interval=5', { runbook: '', selector: 'web-1', params: { interval: '5' } }],
    ['web-1 web-2', { runbook: '', selector: 'web-1 web-2', params: {} }],
    ['<!subteam^S1|@web>', { runbook: '', selector: '<!subteam^S1|@web>', params: {} }],
    ['interval=5 time-wait @web', { runbook: 'time-wait', selector: '@web', params: { interval: '5' } }],
    ['“time\u2011wait” on ‘@web’', { runbook: 'time-wait', selector: '@web', params: {} }],
    ['time-wait\u00a0on\u00a0@web', { runbook: 'time-wait', selector: '@web', params: {} }],
  ])('takes what is there of %j', (text, expected) => {
    expect(draftTypedRun(text, names)).toEqual({ ...expected, twice: [] });
  });

  it('keeps the first of a param that is given twice, and says so', () => {
    const draft = draftTypedRun('time-wait a=1 b=2 a=3');
    expect([draft.params, draft.twice]).toEqual([{ a: '1', b: '2' }, ['a']]);
  });
});
