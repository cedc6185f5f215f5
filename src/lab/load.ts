/*
 * Paced load on the web hosts of a lab: `node load.js PLAN`, where PLAN is JSON. Runs in the switch's namespace, ends by
 * itself after its time, and says `started` on stderr once it can be stopped. What it has come to is written to the
 * plan's progress file every second, and printed at the end or on SIGTERM.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { systemClock } from '../base/clock.ts';
import { LoadClient, type RequestOutcome } from './load-client.ts';

const PATHS = ['/app/', '/cart/', '/search/'];
const TICK_MS = 10;
const GRACE_MS = 3_000;
const PROGRESS_MS = 1_000;
const SOCKETS_PER_HOST = 256;
const REQUEST_TIMEOUT_MS = 10_000;

const Plan = z.object({
  targets: z.array(z.object({ name: z.string(), address: z.string() })),
  ratePerHost: z.number(),
  seconds: z.number(),
  mode: z.enum(['keep-alive', 'close']),
  progressFile: z.string(),
});

interface Tally {
  sent: number;
  ok: number;
  failed: number;
}

const plan = Plan.parse(JSON.parse(process.argv[2] ?? '{}'));
const failures: Record<string, number> = {};
const targets = plan.targets.map(({ name, address }) => ({
  name,
  tally: { sent: 0, ok: 0, failed: 0 },
  client: new LoadClient({
    clock: systemClock,
    address,
    port: 80,
    mode: plan.mode,
    maxSockets: SOCKETS_PER_HOST,
    timeoutMs: REQUEST_TIMEOUT_MS,
  }),
}));
const startedMs = systemClock.monotonicMs();
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
process.stderr.write('started\n');

function send(tally: Tally, client: LoadClient): void {
  const path = PATHS[tally.sent % PATHS.length] ?? '/';
  tally.sent += 1;
  client.send(path, (outcome) => count(tally, outcome));
}

function count(tally: Tally, outcome: RequestOutcome): void {
  if ('status' in outcome && outcome.status >= 200 && outcome.status < 300) tally.ok += 1;
  else failed(tally, 'status' in outcome ? String(outcome.status) : outcome.error);
}

function failed(tally: Tally, why: string): void {
  tally.failed += 1;
  failures[why] = (failures[why] ?? 0) + 1;
}

const elapsedSeconds = (): number => (systemClock.monotonicMs() - startedMs) / 1_000;
const inFlight = (): number => targets.reduce((sum, { tally }) => sum + tally.sent - tally.ok - tally.failed, 0);

function sendDue(): void {
  const due = Math.floor(Math.min(elapsedSeconds(), plan.seconds) * plan.ratePerHost);
  for (const { tally, client } of targets) {
    while (tally.sent < due) send(tally, client);
  }
}

/** Every second: what takes too long is given up, and the running count is replaced in one step. */
function keepBooks(): void {
  for (const { client } of targets) client.expire();
  writeFileSync(`${plan.progressFile}.new`, JSON.stringify(summary(elapsedSeconds())), { mode: 0o600 });
  renameSync(`${plan.progressFile}.new`, plan.progressFile);
}

async function drive(): Promise<void> {
  keepBooks();
  const books = setInterval(keepBooks, PROGRESS_MS);
  while (!stopping.signal.aborted && elapsedSeconds() < plan.seconds) {
    sendDue();
    await systemClock.sleep(TICK_MS);
  }
  if (!stopping.signal.aborted) sendDue();
  const seconds = elapsedSeconds();
  const graceEndsMs = systemClock.monotonicMs() + GRACE_MS;
  while (inFlight() > 0 && systemClock.monotonicMs() < graceEndsMs) await systemClock.sleep(TICK_MS);
  clearInterval(books);
  for (const { tally } of targets) while (tally.ok + tally.failed < tally.sent) failed(tally, 'unanswered at the end');
  process.stdout.write(`${JSON.stringify(summary(seconds))}\n`, () => process.exit(0));
}

function summary(seconds: number): unknown {
  const sum = (key: keyof Tally): number => targets.reduce((total, { tally }) => total + tally[key], 0);
  return {
    sent: sum('sent'),
    ok: sum('ok'),
    failed: sum('failed'),
    failures,
    retried: targets.reduce((total, { client }) => total + client.retried, 0),
    seconds: Number(seconds.toFixed(3)),
    hosts: Object.fromEntries(targets.map(({ name, tally }) => [name, tally])),
  };
}

await drive();
