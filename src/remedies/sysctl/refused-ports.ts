import { count } from '../../base/format.ts';
import type { NginxLogEntry } from '../../probes/nginx-log/fact.ts';
import type { Facts } from '../../probes/registry.ts';
import { grownErrors, usualText } from '../nginx-errors.ts';
import type { Check } from '../verdict.ts';

/**
 * A change under pressure is not in force in the instant in which the facts before it were read: lines that nginx logs until
 * then are not held against it.
 */
const GRACE_SECONDS = 10;

/**
 * Whether nginx went on being refused local ports, EADDRNOTAVAIL, after the change. Where it was refused some before, that is
 * what the change was to cure, and it did not; where it was refused none, the change does harm.
 */
export function refusalsStopped(before: Facts, after: Facts): Check {
  const log = after['nginx-log'];
  if (log === undefined) return { holds: true, statement: 'The error log of nginx could not be read.' };
  const now = entryOf(after);
  if (now === undefined || now.recentLines === 0 || !isLater(entryOf(before), now)) {
    return {
      holds: true,
      statement: 'No new "(99: Cannot assign requested address)" lines in the error log of nginx.',
    };
  }
  const [harm] = newRefusals(before, after);
  return harm ?? { holds: false, statement: `nginx is still refused local ports; the last line: ${now.last}` };
}

/** How it is announced in a plan that `newRefusals` are looked for. */
export const REFUSALS_PROOF =
  'Where nginx logged no "(99: Cannot assign requested address)" before, it logs none after; if it does, the host is put back.';

/** That nginx is refused local ports since the change, and was refused none before; nothing when that is not so. */
export function newRefusals(before: Facts, after: Facts): readonly Check[] {
  const grown = grownErrors(before, after, ['address-not-available']) ?? [];
  return grown
    .filter(({ usualLines }) => usualLines === 0)
    .map((errors) => ({
      holds: false,
      harm: true,
      statement: `nginx was refused local ports ${count(errors.lines, 'time')} since, ${usualText(errors)}; the last line: ${errors.last}`,
    }));
}

function entryOf(facts: Facts): NginxLogEntry | undefined {
  return facts['nginx-log']?.entries.find((entry) => entry.class === 'address-not-available');
}

function isLater(before: NginxLogEntry | undefined, now: NginxLogEntry): boolean {
  if (before === undefined) return true;
  if (before.last === now.last) return false;
  const [was, is] = [stampSeconds(before.last), stampSeconds(now.last)];
  return was === undefined || is === undefined || is - was > GRACE_SECONDS;
}

/** `2026/11/23 03:12:05 [crit] …`: both stamps are of one host's clock, so only their distance matters. */
function stampSeconds(line: string): number | undefined {
  const match = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) /.exec(line);
  if (match === null) return undefined;
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hours, minutes, seconds) / 1000;
}
