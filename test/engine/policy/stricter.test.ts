import { describe, expect, test } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import type { Proposal } from '../../../src/engine/model.ts';
import { batchesOf } from '../../../src/engine/rollout.ts';
import { testPlan, testProposal } from '../../helpers/change.ts';
import { testPolicy } from '../../helpers/policy.ts';

const NAMES = ['web-1', 'web-2', 'db-1'];
const AT_ONCE = 'rules: [{ rollout: { batches: [100%] } }]';
const CANARY = 'rules: [{ rollout: { batches: [1, 100%] } }]';
const TWO_FIRST = 'rules: [{ rollout: { batches: [2, 100%] } }]';

/** A proposal that was made in the steps of this policy. */
function madeUnder(yaml: string): Proposal {
  const plan = testPlan(...NAMES);
  const hosts = NAMES.map(asHostName);
  const { batches } = testPolicy(yaml).terms({ runbook: 'files', remedy: 'write-file', risk: 'low', hosts });
  return testProposal({ plan: { ...plan, rollout: { ...plan.rollout, batches: batchesOf(hosts, batches) } } });
}

describe('a policy that wants smaller steps by now', () => {
  test.each([
    [CANARY, AT_ONCE, 'the policy wants it in 2 steps by now, 1 host first, and it was made for 1 step, 3 hosts first'],
    [
      CANARY,
      TWO_FIRST,
      'the policy wants it in 2 steps by now, 1 host first, and it was made for 2 steps, 2 hosts first',
    ],
    [CANARY, CANARY, undefined],
    [TWO_FIRST, CANARY, undefined],
    [AT_ONCE, CANARY, undefined],
  ])('now %s, made under %s: %s', (now, before, said) => {
    expect(testPolicy(now).stricterNow(madeUnder(before))).toBe(said);
  });
});
