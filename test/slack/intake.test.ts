import { webApi } from '@slack/bolt';
import { describe, expect, it } from 'vitest';
import { isRefusal, pauseMs, refusedToken } from '../../src/slack/intake.ts';

function answered(error: string): webApi.WebAPIPlatformError {
  return new webApi.WebAPIPlatformError({ ok: false, error });
}

describe('trying Slack again', () => {
  it('waits longer after each failure, up to 15 s, and never shorter than Slack asks for', () => {
    const pauses = [1, 2, 3, 20].map((failures) => pauseMs(failures, new Error('fetch failed')));
    expect(pauses[0]).toBeLessThanOrEqual(1000);
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
    expect(new Set(pauses).size).toBe(pauses.length);
    expect(pauses.at(-1)).toBe(15_000);
    expect(pauseMs(1, new webApi.WebAPIRateLimitedError(60))).toBe(60_000);
  });

  it('is of no use after a refusal, and is after a failure of Slack or of the network', () => {
    expect(isRefusal(answered('invalid_auth'))).toBe(true);
    expect(isRefusal(answered('missing_scope'))).toBe(true);
    expect(isRefusal(answered('internal_error'))).toBe(false);
    expect(isRefusal(answered('ratelimited'))).toBe(false);
    expect(isRefusal(new webApi.WebAPIRequestError(new Error('fetch failed')))).toBe(false);
    expect(refusedToken('app', answered('invalid_auth'))).toMatchObject({
      code: 'config/invalid',
      message: 'Slack refuses the app token: invalid_auth',
    });
  });
});
