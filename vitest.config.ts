import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Mostly waits, and for minutes: begun first, it ends while the others run. */
const LONGEST = 'test/lab/headline.test.ts';
/** Tests that bring up hosts, bots and browsers of their own: more than two at once overload two cores. */
const HEAVY = ['test/lab/**/*.test.ts', 'test/crash/**/*.test.ts', 'test/browser/**/*.test.ts'];

/** The usual order, with the longest file first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(LONGEST);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    globalSetup: ['test/helpers/global-setup.ts'],
    reporters: ['default', './test/helpers/count-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 120_000,
    pool: 'forks',
    dangerouslyIgnoreUnhandledErrors: false,
    projects: [
      {
        extends: true,
        test: { name: 'heavy', include: HEAVY, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        // Many of these wait for hosts' clocks rather than for a processor.
        test: {
          name: 'light',
          include: ['test/**/*.test.ts'],
          exclude: HEAVY,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
