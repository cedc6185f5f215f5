import { sudoRefused } from '../privilege.ts';
import { problem, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { NginxLogClass, NginxLogEntry, NginxLogFact } from './fact.ts';

const CLASSES: readonly NginxLogClass[] = [
  'address-not-available',
  'address-in-use',
  'no-live-upstreams',
  'upstream-closed-early',
  'upstream-reset',
  'upstream-refused',
  'worker-connections',
  'too-many-files',
];

const RECENT_MS = 10 * 60_000;

/** So many lines of each file are read, the newest ones. */
const TAIL_LINES = 2000;

/**
 * Reads `now TIME`, then per file `file PATH`, `read LINES TIME-OF-FIRST`, `count N CLASS TIME` and `last CLASS LINE`, or `unread PATH`.
 * Times are the host's local time as nginx logs it (`2026/11/22 07:48:43`), so both ends of a difference agree.
 */
export function parseNginxLog(output: ProbeOutput): Parsed<NginxLogFact> {
  const lines = output.stdout.split('\n');
  const now = localMs(lines[0]?.replace(/^now /, '') ?? '');
  const files = after(lines, 'file ');
  const unread = after(lines, 'unread ');
  if (now === null || (files.length === 0 && unread.length === 0)) {
    return unreadable(output, 'Expected the nginx error log by class, but the output has another form.');
  }
  const [file] = files;
  if (file === undefined) return notRead(output, unread);
  const reads = after(lines, 'read ');
  const linesRead = reads.reduce((sum, text) => sum + Number.parseInt(text, 10), 0);
  const reachSeconds = reachOf(reads, now);
  const entries = CLASSES.map((name) => entryOf(name, lines, now)).filter((entry) => entry.lines > 0);
  const fact = { file, otherFiles: files.slice(1), unreadFiles: unread, linesRead, entries };
  return { ok: true, fact: reachSeconds === undefined ? fact : { ...fact, reachSeconds } };
}

/** How far back the shortest of the tails reaches that left earlier lines out. */
function reachOf(reads: readonly string[], now: number): number | undefined {
  const cut = reads.flatMap((text) => {
    const [, lines, time] = /^(\d+) (.*)$/.exec(text) ?? [];
    const from = Number(lines) >= TAIL_LINES ? localMs(time ?? '') : null;
    return from === null ? [] : [Math.max(1, (now - from) / 1000)];
  });
  return cut.length === 0 ? undefined : Math.min(...cut);
}

function entryOf(name: NginxLogClass, lines: readonly string[], now: number): NginxLogEntry {
  const counts = lines.flatMap((line) => {
    const [, amount, time] = new RegExp(`^count (\\d+) ${name} (.*)$`).exec(line) ?? [];
    return amount === undefined ? [] : [{ amount: Number(amount), at: localMs(time ?? '') }];
  });
  const recent = counts.filter(({ at }) => at !== null && at > now - RECENT_MS && at <= now + RECENT_MS);
  return { class: name, lines: total(counts), recentLines: total(recent), last: latest(after(lines, `last ${name} `)) };
}

function total(counts: readonly { readonly amount: number }[]): number {
  return counts.reduce((sum, { amount }) => sum + amount, 0);
}

/** Lines begin with their time, so the greatest is the newest. */
function latest(lines: readonly string[]): string {
  return [...lines].sort().at(-1) ?? '';
}

function after(lines: readonly string[], prefix: string): string[] {
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

/** A local time as a number that differences can be taken of; null when it is none. */
function localMs(text: string): number | null {
  const match = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  if (!match) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function notRead(output: ProbeOutput, unread: readonly string[]): Parsed<never> {
  const advice = unread.map((file) => `"/usr/bin/tail -n 2000 ${file}"`).join(' and ');
  if (sudoRefused(output)) {
    return problem('sudo_refused', output, `Reading the error log needs root: allow ${advice} in sudoers.`);
  }
  return unreadable(output, `${unread.join(', ')} could not be read; with sudo, allow ${advice} in sudoers.`);
}
