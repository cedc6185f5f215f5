import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { ConntrackFact, ConntrackTable } from './fact.ts';

/** Reads `count=N`, `max=N` and `tcp_timeout_time_wait=N`, or `… absent`, then `log LINES RECENT SOURCE`. */
export function parseConntrack(output: ProbeOutput): Parsed<ConntrackFact> {
  const broken = brokenOutput(output, 'cat');
  if (broken !== undefined) return broken;
  const [first, ...lines] = output.stdout.trimEnd().split('\n');
  const table = tableIn(lines);
  const fullLines = fullLinesIn(lines);
  if (first !== 'countersign-conntrack 1' || table === undefined || fullLines === undefined) {
    return unreadable(output, 'nf_conntrack_count and nf_conntrack_max of /proc/sys/net/netfilter were expected.');
  }
  return { ok: true, fact: { table, fullLines } };
}

/** null when the module is not loaded; undefined when the lines do not tell. */
function tableIn(lines: readonly string[]): ConntrackTable | null | undefined {
  if (lines.includes('count absent') && lines.includes('max absent')) return null;
  const entries = value(lines, 'count');
  const limit = value(lines, 'max');
  if (entries === undefined || limit === undefined) return undefined;
  return { entries, limit, timeWaitSeconds: value(lines, 'tcp_timeout_time_wait') ?? null };
}

function value(lines: readonly string[], key: string): number | undefined {
  const line = lines.find((candidate) => candidate.startsWith(`${key}=`));
  return line === undefined ? undefined : wholeNumber(line.slice(key.length + 1));
}

function fullLinesIn(lines: readonly string[]): ConntrackFact['fullLines'] | undefined {
  const match = /^log (\d+) (\d+) (dmesg|journalctl -k|none)$/.exec(lines.at(-1) ?? '');
  const total = wholeNumber(match?.[1] ?? '');
  const recentLines = wholeNumber(match?.[2] ?? '');
  if (total === undefined || recentLines === undefined || recentLines > total) return undefined;
  const source = match?.[3];
  if (source === 'none') return total === 0 ? null : undefined;
  return { lines: total, recentLines, source: source === 'dmesg' ? 'dmesg' : 'journalctl -k' };
}
