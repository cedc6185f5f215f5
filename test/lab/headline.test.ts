import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { finished } from '../helpers/private-host.ts';

const SCRIPT = fileURLToPath(new URL('../../bench/headline.ts', import.meta.url));
const TSX = fileURLToPath(import.meta.resolve('tsx'));

const Result = z.object({
  before: z.object({ timeWait: z.number() }),
  timeWaitRatio: z.number(),
  opensPerRequestRatio: z.number(),
  cpuPerRequestRatio: z.number(),
  requests: z.number(),
  failedRequests: z.number(),
});

test('an approved fix brings tens of thousands of TIME_WAIT down to a few hundred, and no request is lost', async () => {
  const child = spawn(process.execPath, ['--import', TSX, SCRIPT, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  const { stdout, stderr, exitCode } = await finished(child);
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  const result = Result.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  expect(result.before.timeWait).toBeGreaterThanOrEqual(20_000);
  expect(result.timeWaitRatio).toBeGreaterThanOrEqual(50);
  expect(result.opensPerRequestRatio).toBeGreaterThanOrEqual(100);
  expect(result.requests).toBeGreaterThan(100_000);
  expect(result.failedRequests).toBe(0);
}, 600_000);
