import { count, formatNumber } from '../../base/format.ts';
import type { NginxLogClass } from '../../probes/nginx-log/fact.ts';
import type { Facts } from '../../probes/registry.ts';
import { grownErrors, usualText } from '../nginx-errors.ts';
import type { Check } from '../verdict.ts';

/** How long a socket stays in TIME_WAIT: TCP_TIMEWAIT_LEN of include/net/tcp.h, a compile-time constant. */
export const TIME_WAIT_SECONDS = 60;

/**
 * The master that ran before still runs; a reload does not replace it (nginx.org, Controlling nginx). Another one may be
 * anybody's restart, but that none runs any more is harm.
 */
export function masterLives(before: Facts, after: Facts): Check {
  const [was] = pidsOf(before);
  const now = pidsOf(after);
  if (!after['nginx-process']) return { holds: false, statement: 'Whether nginx runs could not be read.' };
  if (now.length === 0) return { holds: false, harm: was !== undefined, statement: 'nginx does not run any more.' };
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

/** Errors count against a change when they are new, or more than was usual before: then it does harm. */
export function newErrors(before: Facts, after: Facts): readonly Check[] {
  const grown = grownErrors(before, after, WATCHED);
  if (!grown) return [{ holds: true, statement: 'The error log could not be read, so it was not looked at.' }];
  if (grown.length === 0) return [{ holds: true, statement: 'No new upstream errors in the error log.' }];
  return grown.map((errors) => ({
    holds: false,
    harm: true,
    statement: `${count(errors.lines, 'new upstream error')} in the error log, ${usualText(errors)}; the last: ${errors.last}`,
  }));
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
