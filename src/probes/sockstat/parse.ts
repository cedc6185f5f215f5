import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { SockstatFact } from './fact.ts';

/** Reads `TCP: inuse 3 orphan 0 tw 79 alloc 632 mem 90` and `TCP6: inuse 3` (net/ipv4/proc.c, net/ipv6/proc.c). */
export function parseSockstat(output: ProbeOutput): Parsed<SockstatFact> {
  const broken = brokenOutput(output, 'cat');
  if (broken !== undefined) return broken;
  const tcp = pairs(output.stdout, 'TCP');
  const inUseSockets = tcp?.get('inuse');
  const orphanSockets = tcp?.get('orphan');
  const timeWaitSockets = tcp?.get('tw');
  const allocatedSockets = tcp?.get('alloc');
  const memoryPages = tcp?.get('mem');
  if (
    inUseSockets === undefined ||
    orphanSockets === undefined ||
    timeWaitSockets === undefined ||
    allocatedSockets === undefined ||
    memoryPages === undefined
  ) {
    return unreadable(output, 'A line "TCP: inuse … orphan … tw … alloc … mem …" of /proc/net/sockstat was expected.');
  }
  const inUseSockets6 = pairs(output.stdout, 'TCP6')?.get('inuse') ?? null;
  return {
    ok: true,
    fact: { timeWaitSockets, inUseSockets, orphanSockets, allocatedSockets, memoryPages, inUseSockets6 },
  };
}

function pairs(text: string, protocol: string): ReadonlyMap<string, number> | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${protocol}: `));
  if (line === undefined) return undefined;
  const found = new Map<string, number>();
  for (const [, name = '', digits = ''] of line.matchAll(/ ([a-z]+) (\d+)(?= |$)/g)) {
    const value = wholeNumber(digits);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}
