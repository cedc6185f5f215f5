/*
 * Paced load on the web hosts of a lab: `node load.js PLAN`, where PLAN is JSON. Runs in the switch's namespace,
 * ends by itself after its time, says `started` on stderr once it can be stopped, and prints a summary as JSON then or on SIGTERM.
 */
import { Agent, request } from 'node:http';
import { z } from 'zod';
import { systemClock } from '../base/clock.ts';

const PATHS = ['/app/', '/cart/', '/search/'];
const TICK_MS = 10;
const GRACE_MS = 3_000;
const SOCKETS_PER_HOST = 40;
const REQUEST_TIMEOUT_MS = 10_000;
/** A host that answers nothing must not make this process grow: what is due beyond this is counted as failed. */
const MAX_IN_FLIGHT_PER_HOST = 500;

const Plan = z.object({
  targets: z.array(z.object({ name: z.string(), address: z.string() })),
  ratePerHost: z.number(),
  seconds: z.number(),
  mode: z.enum(['keep-alive', 'close']),
});

interface Tally {
  sent: number;
  ok: number;
  failed: number;
}

const plan = Plan.parse(JSON.parse(process.argv[2] ?? '{}'));
const failures: Record<string, number> = {};
const tallies = plan.targets.map((target) => ({ ...target, tally: { sent: 0, ok: 0, failed: 0 }, agent: agent() }));
const startedMs = systemClock.monotonicMs();
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
process.stderr.write('started\n');

function agent(): Agent {
  return plan.mode === 'keep-alive'
    ? new Agent({ keepAlive: true, maxSockets: SOCKETS_PER_HOST })
    : new Agent({ keepAlive: false });
}

function send(address: string, tally: Tally, connections: Agent): void {
  const path = PATHS[tally.sent % PATHS.length] ?? '/';
  tally.sent += 1;
  if (tally.sent - tally.ok - tally.failed > MAX_IN_FLIGHT_PER_HOST) {
    failed(tally, 'no answer to earlier requests');
    return;
  }
  const headers = plan.mode === 'close' ? { connection: 'close' } : {};
  const sent = request(
    { host: address, port: 80, path, agent: connections, headers, timeout: REQUEST_TIMEOUT_MS },
    (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      response.on('end', () => answered(tally, status));
      response.on('error', (error: NodeJS.ErrnoException) => failed(tally, error.code ?? 'error'));
    },
  );
  sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
  sent.on('error', (error: NodeJS.ErrnoException) => failed(tally, error.code ?? 'error'));
  sent.end();
}

function answered(tally: Tally, status: number): void {
  if (status >= 200 && status < 300) tally.ok += 1;
  else failed(tally, String(status));
}

function failed(tally: Tally, why: string): void {
  tally.failed += 1;
  failures[why] = (failures[why] ?? 0) + 1;
}

const elapsedSeconds = (): number => (systemClock.monotonicMs() - startedMs) / 1_000;
const inFlight = (): number => tallies.reduce((sum, { tally }) => sum + tally.sent - tally.ok - tally.failed, 0);

function sendDue(): void {
  const due = Math.floor(Math.min(elapsedSeconds(), plan.seconds) * plan.ratePerHost);
  for (const { address, tally, agent: connections } of tallies) {
    while (tally.sent < due) send(address, tally, connections);
  }
}

async function drive(): Promise<void> {
  while (!stopping.signal.aborted && elapsedSeconds() < plan.seconds) {
    sendDue();
    await systemClock.sleep(TICK_MS);
  }
  if (!stopping.signal.aborted) sendDue();
  const seconds = elapsedSeconds();
  const graceEndsMs = systemClock.monotonicMs() + GRACE_MS;
  while (inFlight() > 0 && systemClock.monotonicMs() < graceEndsMs) await systemClock.sleep(TICK_MS);
  for (const { tally } of tallies) while (tally.ok + tally.failed < tally.sent) failed(tally, 'unanswered at the end');
  process.stdout.write(`${JSON.stringify(summary(seconds))}\n`, () => process.exit(0));
}

function summary(seconds: number): unknown {
  const sum = (key: keyof Tally): number => tallies.reduce((total, { tally }) => total + tally[key], 0);
  return {
    sent: sum('sent'),
    ok: sum('ok'),
    failed: sum('failed'),
    failures,
    seconds: Number(seconds.toFixed(1)),
    hosts: Object.fromEntries(tallies.map(({ name, tally }) => [name, tally])),
  };
}

await drive();
