import type { NginxLogEntry } from '../../probes/nginx-log/fact.ts';
import type { Facts } from '../../probes/registry.ts';
import type { Check } from './readback.ts';

/**
 * A change under pressure is not in force in the instant in which the facts before it were read: lines that nginx logs until
 * then are not held against it.
 */
const GRACE_SECONDS = 10;

/** Whether nginx went on being refused local ports, EADDRNOTAVAIL, after the change. */
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
  return { holds: false, statement: `nginx is still refused local ports; the last line: ${now.last}` };
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
