import { spawnSync } from 'node:child_process';
import { systemClock } from '../src/base/clock.ts';
import { startTestApp } from '../test/helpers/bolt.ts';
import { crowd } from '../test/helpers/many-runs.ts';
import { sandboxClient, startTestSandbox } from '../test/helpers/sandbox.ts';

/*
 * How soon the bot acknowledges what people type while 20 runs on 50 hosts each go on, side by side with a Bolt app that
 * does nothing but acknowledge. Hosts are modelled and answer after 50 ms to 2 s; store, engine, Bolt and the local Slack
 * are real and share one process. Prints what Slack's rates were exceeded by, too.
 */

const RUNS = 20;
const HOSTS = 50;
const ASKS = 200;

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function summary(ackedInMs: readonly number[]) {
  return {
    asked: ackedInMs.length,
    p50Ms: quantile(ackedInMs, 0.5),
    p99Ms: quantile(ackedInMs, 0.99),
    mostMs: Math.max(...ackedInMs),
  };
}

/** A Bolt app that acknowledges and does nothing else. */
async function acknowledgingOnly(): Promise<readonly number[]> {
  const sandbox = await startTestSandbox();
  try {
    await using _app = await startTestApp(sandbox, (app) => app.command('/runbook', ({ ack }) => ack()));
    const people = sandboxClient(sandbox);
    const acked: number[] = [];
    for (let ask = 0; ask < ASKS; ask++) {
      const { ackedInMs } = await people.command('U0APPROVER', 'C0INCIDENTS', '/runbook status');
      acked.push(ackedInMs ?? Number.POSITIVE_INFINITY);
    }
    return acked;
  } finally {
    await sandbox.stop();
  }
}

const reference = summary(await acknowledgingOnly());
const { views, shown, ackedInMs, counts } = await crowd({ clock: systemClock, runs: RUNS, hosts: HOSTS });
const countersign = summary(ackedInMs);
const result = {
  runs: views.length,
  hosts: HOSTS,
  node: process.version,
  kernel: spawnSync('uname', ['-r'], { encoding: 'utf8' }).stdout.trim(),
  messages: shown.length,
  calls: counts,
  boltAlone: reference,
  countersign,
  rateLimited: Object.values(counts).reduce((sum, { limited }) => sum + limited, 0),
  ackP99Ms: countersign.p99Ms,
  ackP99Ratio: Number((countersign.p99Ms / reference.p99Ms).toFixed(1)),
};
console.log(JSON.stringify(result, null, process.argv.includes('--json') ? 0 : 2));
