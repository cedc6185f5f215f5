import { describe, expect, test } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { planDifference } from '../../src/engine/plan-difference.ts';
import type { ChangeAction, Planned } from '../../src/remedies/remedy.ts';

const FILE = '/etc/sysctl.d/60-countersign-net.conf';

function plan(actions: readonly ChangeAction[], basis = {}): Planned {
  return { kind: 'change', plan: { host: asHostName('web-1'), actions, basis, predicted: [], risks: [], proof: [] } };
}

function file(before: string | null, path = FILE): ChangeAction {
  return { kind: 'file', path, before, after: 'after\n' };
}

function edit(sha256: string): ChangeAction {
  return { kind: 'edit', path: '/etc/nginx/nginx.conf', sha256, splices: [], shown: [] };
}

describe('the difference between the approved plan and the plan of now', () => {
  test('is none when they are the same', () => {
    expect(planDifference(plan([file(null), edit('aa')]), plan([file(null), edit('aa')]))).toBeUndefined();
  });

  test.each([
    ['written', null, 'by hand\n'],
    ['edited', 'one\n', 'two\n'],
    ['removed', 'one\n', null],
  ])('names a file that was %s since', (word, before, now) => {
    expect(planDifference(plan([file(before)]), plan([file(now)]))).toBe(`${FILE} was ${word} since`);
  });

  test('names each file that was touched, and no other', () => {
    const approved = plan([file('one\n'), file('x', '/etc/sysctl.d/other.conf'), edit('0123456789abcdef')]);
    const now = plan([file('two\n'), file('x', '/etc/sysctl.d/other.conf'), edit('fedcba9876543210')]);
    expect(planDifference(approved, now)).toBe(
      `${FILE} was edited since; /etc/nginx/nginx.conf was edited since (its SHA-256 began with 0123456789ab, now fedcba987654)`,
    );
  });

  test('names the facts that differ before the files', () => {
    const difference = planDifference(plan([file(null)], { ports: '' }), plan([file('x')], { ports: '9000' }));
    expect(difference).toBe('ports: empty when approved, "9000" now');
  });

  test('is the reason why there is no plan any more, without its full stop', () => {
    expect(planDifference(plan([]), { kind: 'refused', reason: 'It is read-only.' })).toBe('It is read-only');
  });
});
