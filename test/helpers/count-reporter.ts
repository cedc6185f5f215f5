import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/** Ends a test run with the line `N passed, N failed`; a skipped test makes the run fail, so that nothing is left out unseen. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const tally = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') tally.passed++;
        else if (state === 'failed') tally.failed++;
        else tally.skipped++;
      }
      if (module.state() === 'failed' && module.errors().length > 0) tally.failed++;
    }
    const failed = tally.failed + tally.skipped + errors.length;
    if (tally.skipped > 0) process.stdout.write(`${tally.skipped} tests did not run; a skip counts as a failure.\n`);
    if (failed > 0 || reason === 'failed') process.exitCode = 1;
    // The default reporter prints its own summary in the same hook; this line has to be the last one.
    process.on('exit', () => process.stdout.write(`\n${tally.passed} passed, ${failed} failed\n`));
  }
}
