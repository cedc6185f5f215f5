import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * How long the bot takes from process start to "Ready" (local Slack connected, engine serving; no lab), and what it
 * holds in memory when idle, side by side with Node that only loads @slack/bolt. Rounds are interleaved; medians count.
 */

const ROUNDS = 7;
const IDLE_MS = 3000;
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Sample {
  readonly readyMs: number;
  readonly idleRssMb: number;
}

function rssMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

async function measure(args: readonly string[], ready: string): Promise<Sample> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  while (!text.includes(ready)) {
    const [chunk] = await once(child.stdout, 'data');
    text += String(chunk);
  }
  const readyMs = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idleRssMb = rssMb(child.pid ?? 0);
  child.kill('SIGTERM');
  await once(child, 'exit');
  return { readyMs, idleRssMb };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function summary(samples: readonly Sample[]) {
  const ready = samples.map(({ readyMs }) => readyMs);
  return {
    readyMs: Math.round(median(ready)),
    fastestMs: Math.round(Math.min(...ready)),
    slowestMs: Math.round(Math.max(...ready)),
    idleRssMb: Math.round(median(samples.map(({ idleRssMb }) => idleRssMb))),
  };
}

const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
try {
  writeFileSync(join(directory, 'inventory.yaml'), 'hosts: []\n');
  const config = join(directory, 'countersign.yaml');
  writeFileSync(config, 'inventory: inventory.yaml\npeople:\n  - { name: requester, roles: [run] }\n');
  const bolt = [
    '--input-type=module',
    '-e',
    "await import('@slack/bolt'); console.log('Ready.'); setInterval(() => {}, 1000);",
  ];
  const ours: Sample[] = [];
  const reference: Sample[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    reference.push(await measure(bolt, 'Ready.'));
    ours.push(await measure([MAIN, '--config', config, 'start', '--port', '0'], 'Ready.'));
  }
  const result = {
    rounds: ROUNDS,
    node: process.version,
    kernel: spawnSync('uname', ['-r'], { encoding: 'utf8' }).stdout.trim(),
    countersign: summary(ours),
    nodeWithBoltLoaded: summary(reference),
  };
  const ratio = result.countersign.readyMs / result.nodeWithBoltLoaded.readyMs;
  console.log(
    JSON.stringify({ ...result, readyRatio: Number(ratio.toFixed(2)) }, null, process.argv.includes('--json') ? 0 : 2),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
