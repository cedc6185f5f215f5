import { describe } from 'vitest';
import { describeAudit } from './store/audit.ts';
import { describeChanges } from './store/changes.ts';
import { describeLeases } from './store/leases.ts';
import { describeMessages } from './store/messages.ts';
import { describeOverview } from './store/overview.ts';
import { describePolicyState } from './store/policy.ts';
import { describeRunFigures } from './store/run-figures.ts';
import { describeRuns } from './store/runs.ts';
import { opensStore, type StoreUnderTest } from './store/scene.ts';

/** What every store must do; registers tests, each on a store of its own. */
export function describeStore(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    const open = opensStore(start);
    describeRuns(open);
    describeRunFigures(open);
    describeChanges(open);
    describeLeases(open);
    describeMessages(open);
    describeOverview(open);
    describeAudit(open);
    describePolicyState(open);
  });
}
