import { spawnSync } from 'node:child_process';
import { systemClock } from '../src/base/clock.ts';
import { systemIds } from '../src/base/ids.ts';
import { silentLogger } from '../src/base/logger.ts';
import { type Lab, upLab } from '../src/lab/lab.ts';
import type { Sandbox } from '../src/sandbox/sandbox.ts';
import { approve, CHANNEL, eventually, killBot, productOn, seen, startBot } from '../test/helpers/bot.ts';
import { sandboxClient, startTestSandbox } from '../test/helpers/sandbox.ts';

/*
 * The product's main job, measured: a real host under load collects TIME_WAIT because nginx opens a connection for every
 * request; a person asks in Slack, another approves, and the same load goes on over pooled connections. The same quantities
 * are taken before and after, on the same host under the same load, so that their ratios mean something.
 */

const HOST = 'web-1';
const REQUESTS_PER_SECOND = 700;
const TIME_WAIT_WANTED = 20_000;
const WINDOW_MS = 20_000;
const FILL_PATIENCE_MS = 180_000;
const PROOF_PATIENCE_MS = 240_000;

/** Counters of the host at one time. */
interface Look {
  readonly seconds: number;
  readonly requests: number;
  /** Connections that the host opened; on this host only nginx opens any. */
  readonly opens: number;
  /** Processor time of nginx and the services, in seconds. */
  readonly cpuSeconds: number;
  readonly timeWait: number;
}

/** What the host did between two looks. */
interface Measured {
  readonly timeWait: number;
  readonly opensPerSecond: number;
  readonly requestsPerSecond: number;
  readonly opensPerRequest: number;
  readonly cpuMicrosecondsPerRequest: number;
}

async function hostSays(lab: Lab, ...argv: readonly string[]): Promise<string> {
  return (await lab.exec(HOST, argv)).stdout;
}

/** Fields 14 and 15 of /proc/PID/stat are user and system time in clock ticks, 100 per second (proc(5), sysconf(3)). */
const CPU_TICKS = `for dir in /proc/[0-9]*; do
  read -r name <"$dir/comm" 2>/dev/null || continue
  case $name in nginx|node) sed 's/.*) //' "$dir/stat" 2>/dev/null ;; esac
done | awk '{ ticks += $12 + $13 } END { print ticks + 0 }'`;

async function look(lab: Lab): Promise<Look> {
  const load = lab.loadProgress();
  if (!load) throw new Error('the load has ended');
  const snmp = await hostSays(lab, 'cat', '/proc/net/snmp');
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Tcp: '))
    .map((line) => line.split(' '));
  return {
    seconds: load.seconds,
    requests: load.ok,
    opens: Number(values[names.indexOf('ActiveOpens')]),
    cpuSeconds: Number(await hostSays(lab, 'sh', '-c', CPU_TICKS)) / 100,
    timeWait: await timeWait(lab),
  };
}

async function timeWait(lab: Lab): Promise<number> {
  return (await hostSays(lab, 'ss', '-Htan', 'state', 'time-wait')).split('\n').filter(Boolean).length;
}

async function measure(lab: Lab): Promise<Measured> {
  const before = await look(lab);
  await systemClock.sleep(WINDOW_MS);
  const after = await look(lab);
  const requests = after.requests - before.requests;
  const opens = after.opens - before.opens;
  const seconds = after.seconds - before.seconds;
  return {
    timeWait: after.timeWait,
    opensPerSecond: rounded(opens / seconds, 2),
    requestsPerSecond: rounded(requests / seconds, 1),
    opensPerRequest: opens / requests,
    cpuMicrosecondsPerRequest: rounded(((after.cpuSeconds - before.cpuSeconds) * 1e6) / requests, 1),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Approves a proposal and waits for its end; throws when it is not proven. */
async function approveAndWait(sandbox: Sandbox, title: string): Promise<void> {
  const proposal = await approve(sandbox, title);
  const ended = await eventually(
    async () => {
      const messages = await sandboxClient(sandbox).messages(CHANNEL, 'U0REQUESTER');
      const text = messages.find(({ ts }) => ts === proposal.ts)?.text ?? '';
      return /Applied and proven|did not help|Stopped|has to look|Taken back/.test(text) ? text : undefined;
    },
    () => `${title} did not come to its end`,
    PROOF_PATIENCE_MS,
  );
  progress(ended);
  if (!ended.includes('Applied and proven')) throw new Error(`${title} was not proven: ${ended}`);
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function cure(sandbox: Sandbox): Promise<void> {
  const say = (line: string) => sandboxClient(sandbox).command('U0REQUESTER', CHANNEL, line);
  await say('/runbook run nginx-keepalive on @web max_client_closes=10');
  progress((await seen(sandbox, /1 of 1 host answered/, PROOF_PATIENCE_MS)).text);
  for (const title of ['pool upstream connections', 'raise client keepalive']) {
    await approveAndWait(sandbox, title);
  }
}

async function headline() {
  await using lab = await upLab({ logger: silentLogger, clock: systemClock, ids: systemIds, webHosts: 1 });
  await using sandbox = await startTestSandbox();
  await using product = productOn(lab, sandbox);
  await lab.fault('no-upstream-keepalive', [HOST], 'on');
  await lab.fault('low-keepalive-requests', [HOST], 'on');
  const bot = await startBot(product, sandbox);
  try {
    await lab.load({ ratePerHost: REQUESTS_PER_SECOND });
    progress(`waiting for ${TIME_WAIT_WANTED} TIME_WAIT under ${REQUESTS_PER_SECOND} requests/s`);
    await eventually(
      async () => ((await timeWait(lab)) >= TIME_WAIT_WANTED ? true : undefined),
      () => `${HOST} did not reach ${TIME_WAIT_WANTED} TIME_WAIT`,
      FILL_PATIENCE_MS,
    );
    const before = await measure(lab);
    progress(JSON.stringify({ before }));
    await cure(sandbox);
    const after = await measure(lab);
    progress(JSON.stringify({ after }));
    const load = await lab.stopLoad();
    if (!load) throw new Error('the load had ended before it was stopped');
    return { before, after, load };
  } finally {
    await killBot(bot);
  }
}

const { before, after, load } = await headline();
/** Where nothing was left to count, one stands for it, so that a ratio is never made of nothing. */
const atLeastOne = 1 / (after.requestsPerSecond * (WINDOW_MS / 1000));
const result = {
  host: { kernel: spawnSync('uname', ['-r'], { encoding: 'utf8' }).stdout.trim(), node: process.version },
  nginx: spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr.trim(),
  before,
  after,
  timeWaitRatio: rounded(before.timeWait / Math.max(after.timeWait, 1), 1),
  opensPerRequestRatio: rounded(before.opensPerRequest / Math.max(after.opensPerRequest, atLeastOne), 1),
  cpuPerRequestRatio: rounded(before.cpuMicrosecondsPerRequest / after.cpuMicrosecondsPerRequest, 2),
  requests: load.sent,
  failedRequests: load.failed,
  failures: load.failures,
};
console.log(JSON.stringify(result, null, process.argv.includes('--json') ? 0 : 2));
