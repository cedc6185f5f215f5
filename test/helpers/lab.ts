import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemIds } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type Lab, upLab } from '../../src/lab/lab.ts';
import type { UpOptions } from '../../src/lab/up.ts';

/** What a test may choose about its lab; one web host by default, to be frugal. */
export type TestLabOptions = Partial<UpOptions>;

/** Starts a lab that belongs to this test process. Whoever calls this takes it down; `testLab` and `withLab` do so by themselves. */
export function startTestLab(options: TestLabOptions = {}): Promise<Lab> {
  return upLab({ logger: silentLogger, clock: systemClock, ids: systemIds, webHosts: 1, ...options });
}

/** Runs with a lab of its own, which is taken down afterwards, also on failure. */
export async function withLab<T>(options: TestLabOptions, use: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await startTestLab(options);
  try {
    return await use(lab);
  } finally {
    await lab.down();
  }
}

/** One lab for all tests of the surrounding `describe` or file; answers how to reach it inside a test. */
export function testLab(options: TestLabOptions = {}): () => Lab {
  let started: Lab | undefined;
  beforeAll(async () => {
    started = await startTestLab(options);
  });
  afterAll(async () => {
    await started?.down();
  });
  return () => {
    if (started === undefined) throw new Error('the lab is there inside tests only');
    return started;
  };
}
