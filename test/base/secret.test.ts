import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';

describe('a secret', () => {
  const secret = new Secret('swordfish');

  it.each([
    ['a template', `${secret}`],
    ['JSON', JSON.stringify({ secret })],
    ['inspection', inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
    ['an error', String(new Error(`with ${secret}`))],
    ['its keys', JSON.stringify(Object.entries(secret))],
  ])('is not printed by %s', (_what, text) => {
    expect(text).not.toContain('swordfish');
  });

  it('is given out on request alone', () => {
    expect(secret.reveal()).toBe('swordfish');
  });
});
