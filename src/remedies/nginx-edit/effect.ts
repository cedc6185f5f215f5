import { formatNumber } from '../../base/format.ts';
import type { NginxLogClass, NginxLogFact } from '../../probes/nginx-log/fact.ts';
import type { Facts } from '../../probes/registry.ts';
import type { Verdict } from '../remedy.ts';

/** How long a socket stays in TIME_WAIT: TCP_TIMEWAIT_LEN of include/net/tcp.h, a compile-time constant. */
export const TIME_WAIT_SECONDS = 60;

/** One thing that a proof looks at. */
export interface Check {
  readonly holds: boolean;
  readonly statement: string;
}

/** Proven when every check holds. */
export function verdictOf(checks: readonly Check[]): Verdict {
  return {
    outcome: checks.every(({ holds }) => holds) ? 'proven' : 'not_proven',
    statements: checks.map(({ statement }) => statement),
  };
}

/** The master that ran before still runs; a reload does not replace it (nginx.org, Controlling nginx). */
export function masterLives(before: Facts, after: Facts): Check {
  const [was] = pidsOf(before);
  const now = pidsOf(after);
  if (now.length === 0) return { holds: false, statement: 'nginx does not run any more.' };
  if (was === undefined || now.includes(was)) {
    return { holds: true, statement: 'The same nginx master runs.' };
  }
  return { holds: false, statement: `The nginx master is another one: ${was} before, ${now[0]} after.` };
}

function pidsOf(facts: Facts): readonly number[] {
  return (facts['nginx-process']?.masters ?? []).map(({ pid }) => pid);
}

/** Lines that a change of connections may cause when the other side does not bear it. */
const WATCHED: readonly NginxLogClass[] = ['upstream-reset', 'upstream-closed-early', 'upstream-refused'];

/** A class of errors counts against a change when it is new, or grows by more than was usual before. */
export function newErrors(before: Facts, after: Facts): readonly Check[] {
  const was = before['nginx-log'];
  const now = after['nginx-log'];
  if (!now || !was) return [{ holds: true, statement: 'The error log could not be read, so it was not looked at.' }];
  const grown = WATCHED.flatMap((kind) => grownBy(kind, was, now));
  if (grown.length === 0) return [{ holds: true, statement: 'No new upstream errors in the error log.' }];
  return grown.map((statement) => ({ holds: false, statement }));
}

function grownBy(kind: NginxLogClass, was: NginxLogFact, now: NginxLogFact): readonly string[] {
  const entry = now.entries.find((known) => known.class === kind);
  const old = was.entries.find((known) => known.class === kind);
  if (!entry || entry.recentLines === 0 || entry.last === old?.last) return [];
  const usual = old?.recentLines ?? 0;
  const more = Math.max(1, entry.recentLines - usual);
  if (more <= usual / 10) return [];
  return [`${formatNumber(more)} new upstream errors in the error log, the last: ${entry.last}`];
}

/** The next number of one significant digit: 726 is 800. */
export function roundedUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return Math.ceil(value / unit) * unit;
}

/** A rate as people read it: no decimals from 10 up. */
export function formatRate(perSecond: number): string {
  return formatNumber(perSecond >= 10 ? Math.round(perSecond) : perSecond);
}
