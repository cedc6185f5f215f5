import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { SocketSummaryFact } from './fact.ts';

/** Reads the line `TCP:   810 (estab 0, closed 804, orphaned 0, timewait 78)`; iproute2 before 4.17 ends it with `timewait 78/0), ports 0`. */
export function parseSocketSummary(output: ProbeOutput): Parsed<SocketSummaryFact> {
  const broken = brokenOutput(output, 'ss');
  if (broken !== undefined) return broken;
  const line = /^TCP:\s+\d+ \(.*$/m.exec(output.stdout)?.[0] ?? '';
  const establishedSockets = wholeNumber(/\(estab (\d+),/.exec(line)?.[1] ?? '');
  const timeWaitSockets = wholeNumber(/\btimewait (\d+)(?:\/\d+)?\)/.exec(line)?.[1] ?? '');
  if (establishedSockets === undefined || timeWaitSockets === undefined) {
    return unreadable(output, 'A line "TCP: … (estab …, timewait …)" of ss -s was expected.');
  }
  return { ok: true, fact: { establishedSockets, timeWaitSockets } };
}
