import { formatDuration } from '../base/duration.ts';
import { formatNumber } from '../base/format.ts';
import type { NginxLogClass, NginxLogEntry, NginxLogFact } from '../probes/nginx-log/fact.ts';
import type { Facts } from '../probes/registry.ts';

/** Errors of one class that came up after a change, beyond what was usual before it. */
export interface GrownErrors {
  readonly lines: number;
  /** Lines of the class in the time before, and how long that is, in seconds. */
  readonly usualLines: number;
  readonly usualSeconds: number;
  /** The last such line, as logged. */
  readonly last: string;
}

/** "none in the 10 min before", "beside 50 in the 4 s before": what growth is measured by. */
export function usualText({ usualLines, usualSeconds }: GrownErrors): string {
  const many = usualLines === 0 ? 'none' : `beside ${formatNumber(usualLines)}`;
  return `${many} in the ${formatDuration(usualSeconds * 1000)} before`;
}

/** How far back the probe counts, in seconds: its ten minutes. */
const RECENT_SECONDS = 600;

/** At most so much of the time that the log after a change covers lies after the change, in seconds: the slow proof, and slack. */
const AFTER_SECONDS = 120;

/** The classes that grew in the error log of nginx, each against its own rate before; undefined when a log was not read. */
export function grownErrors(
  before: Facts,
  after: Facts,
  classes: readonly NginxLogClass[],
): readonly GrownErrors[] | undefined {
  const [was, now] = [before['nginx-log'], after['nginx-log']];
  if (!was || !now) return undefined;
  const windows: Windows = { was, now, load: loadGrowth(before, after) };
  return classes.flatMap((kind) => grownOf(kind, windows));
}

/** The log before and after, and by how much the load grew meanwhile: 1 = not at all. */
interface Windows {
  readonly was: NginxLogFact;
  readonly now: NginxLogFact;
  readonly load: number;
}

/**
 * Errors at the rate of before are no news, nor is a little more, which chance alone brings. A class that was not there
 * before is, from its first line on.
 */
function grownOf(kind: NginxLogClass, { was, now, load }: Windows): readonly GrownErrors[] {
  const entry = entryOf(now, kind);
  const old = entryOf(was, kind);
  if (!entry || entry.recentLines === 0 || entry.last === old?.last) return [];
  const usualLines = old?.recentLines ?? 0;
  const stretch = reach(now) / reach(was);
  const afterShare = Math.min(1, AFTER_SECONDS / reach(now));
  const expected = usualLines * stretch * (1 + (load - 1) * afterShare);
  const more = entry.recentLines - expected;
  if (more <= chance(expected, stretch)) return [];
  return [{ lines: Math.ceil(more), usualLines, usualSeconds: reach(was), last: entry.last }];
}

/**
 * By how many lines two counts of the same rate may differ: a tenth, or twice the deviation of a count (Poisson), which
 * weighs more when a short time is held against a long one; where none were seen in a short time, one for each such time.
 */
function chance(expected: number, stretch: number): number {
  return Math.max(expected / 10, 2 * Math.sqrt(expected * Math.max(1, stretch)), stretch - 1);
}

/** A log that is written fast reaches less far back than ten minutes, for only its last lines are read. */
function reach({ reachSeconds }: NginxLogFact): number {
  return Math.min(Math.max(reachSeconds ?? RECENT_SECONDS, 1), RECENT_SECONDS);
}

/** More requests meet more errors; fewer may not hide that there are more per request, nor prove it. */
function loadGrowth(before: Facts, after: Facts): number {
  const [was, is] = [before.requests?.requestsPerSecond ?? 0, after.requests?.requestsPerSecond ?? 0];
  return was > 0 ? Math.max(1, is / was) : 1;
}

function entryOf({ entries }: NginxLogFact, kind: NginxLogClass): NginxLogEntry | undefined {
  return entries.find((entry) => entry.class === kind);
}
