import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { NetworkNamespaceFact } from './fact.ts';

/** Reads `own net:[4026531840]` and `master PID net:[…]`, where the last word is missing without root (namespaces(7)). */
export function parseNetworkNamespace(output: ProbeOutput): Parsed<NetworkNamespaceFact> {
  const broken = brokenOutput(output, 'readlink and ps');
  if (broken !== undefined) return broken;
  const [first = '', ...lines] = output.stdout.trimEnd().split('\n');
  const own = /^own (net:\[\d{1,20}\])$/.exec(first)?.[1];
  if (own === undefined) return unreadable(output, 'A line "own net:[…]" from /proc/self/ns/net was expected.');
  const nginxMasters: { pid: number; namespace: string | null }[] = [];
  for (const line of lines) {
    const match = /^master (\d{1,10})(?: (net:\[\d{1,20}\])?)?$/.exec(line);
    const pid = wholeNumber(match?.[1] ?? '');
    if (match === null || pid === undefined)
      return unreadable(output, 'A line "master PID net:[…]" per nginx master was expected.');
    nginxMasters.push({ pid, namespace: match[2] ?? null });
  }
  return { ok: true, fact: { own, nginxMasters } };
}
