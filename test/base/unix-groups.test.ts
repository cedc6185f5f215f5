import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createUnixGroups } from '../../src/base/unix-groups.ts';

describe('the Unix groups of a user', () => {
  it('are those that the system names', () => {
    const groups = createUnixGroups(systemClock)('root');
    expect(groups).toContain('root');
  });

  it.each(['no-such-user', '', '--version', '-u', `${userInfo().username}\n`])('are not known of "%s"', (user) => {
    expect(createUnixGroups(systemClock)(user)).toBeUndefined();
  });
});
