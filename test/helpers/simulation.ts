import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { systemIds } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type Simulation, startSimulation } from '../../src/simulation/simulation.ts';

/** What a test may choose about its simulated hosts. */
interface SceneOptions {
  readonly clock?: Clock;
  readonly webHosts?: number;
}

/** Simulated hosts under load for this test, gone when it is over. */
export async function simulatedHosts({ clock = systemClock, webHosts = 1 }: SceneOptions = {}): Promise<Simulation> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const base = { clock, ids: systemIds, logger: silentLogger, directory };
  const simulation = await startSimulation({ ...base, webHosts, load: true });
  onTestFinished(() => simulation[Symbol.asyncDispose]());
  return simulation;
}
