import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import { type CounterName, COUNTER_NAMES, type TcpCountersFact } from './fact.ts';

interface Sample {
  readonly uptimeSeconds: number;
  readonly values: ReadonlyMap<string, number>;
}

/**
 * Reads two samples of Tcp: and TcpExt: counters (proc_net(5), snmp counters of the kernel documentation). A counter
 * that went backwards has no rate; one that is too large to be exact is treated as absent.
 */
export function parseTcpCounters(output: ProbeOutput): Parsed<TcpCountersFact> {
  const broken = brokenOutput(output, 'awk');
  if (broken !== undefined) return broken;
  const samples = readSamples(output.stdout);
  const [first, second] = samples ?? [];
  if (first === undefined || second === undefined || samples?.length !== 2) {
    return unreadable(output, 'Two samples of /proc/net/snmp and /proc/net/netstat and the line "end" were expected.');
  }
  const intervalSeconds = round(second.uptimeSeconds - first.uptimeSeconds);
  if (!(intervalSeconds > 0))
    return unreadable(output, 'The second sample must be later than the first by /proc/uptime.');
  if (!COUNTER_NAMES.some((name) => second.values.has(name)))
    return unreadable(output, 'No known TCP counter is in the second sample.');
  return { ok: true, fact: { intervalSeconds, ...compared(first, second, intervalSeconds) } };
}

function compared(first: Sample, second: Sample, intervalSeconds: number): Omit<TcpCountersFact, 'intervalSeconds'> {
  const totals: Partial<Record<CounterName, number>> = {};
  const perSecond: Partial<Record<CounterName, number>> = {};
  for (const name of COUNTER_NAMES) {
    const before = first.values.get(name);
    const after = second.values.get(name);
    if (after === undefined) continue;
    totals[name] = after;
    if (before !== undefined && after >= before) perSecond[name] = round((after - before) / intervalSeconds);
  }
  return { totals, perSecond, currentlyEstablished: second.values.get('CurrEstab') ?? null };
}

function readSamples(text: string): readonly Sample[] | undefined {
  const lines = text.trimEnd().split('\n');
  if (lines.pop() !== 'end') return undefined;
  const samples: { uptimeSeconds: number; values: Map<string, number> }[] = [];
  for (const line of lines) {
    const stamp = /^sample (\d{1,12}(?:\.\d{1,9})?)$/.exec(line);
    const counter = /^([A-Za-z0-9]{1,40})=(\d+)$/.exec(line);
    const current = samples.at(-1);
    if (stamp !== null) samples.push({ uptimeSeconds: Number(stamp[1]), values: new Map() });
    else if (counter !== null && current !== undefined) keep(current.values, counter[1] ?? '', counter[2] ?? '');
    else return undefined;
  }
  return samples;
}

function keep(values: Map<string, number>, name: string, digits: string): void {
  const value = wholeNumber(digits);
  if (value !== undefined) values.set(name, value);
}

/** /proc/uptime has hundredths of a second; more digits would be noise of the division. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
