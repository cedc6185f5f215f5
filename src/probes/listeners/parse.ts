import { plainText } from '../../base/plain-text.ts';
import { parseAddress, parseEndpoint } from '../endpoint.ts';
import { wholeNumber } from '../number.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { Listener, ListenersFact } from './fact.ts';

type Process = NonNullable<Listener['processes']>[number];

/**
 * Reads `ss -Htlnp`, `ss -tln` or `netstat -tln` behind the line that says which of them answered. On LISTEN, Recv-Q is
 * the accept queue now and Send-Q its limit (ss(8)); netstat's columns do not tell. Lines of other states are skipped.
 */
export function parseListeners(output: ProbeOutput): Parsed<ListenersFact> {
  const broken = brokenOutput(output, 'ss or netstat');
  if (broken !== undefined) return broken;
  const [first = '', ...lines] = output.stdout.split('\n');
  const header = /^countersign-listeners 1 (ss|netstat) (all|no)-processes$/.exec(first);
  if (header === null)
    return unreadable(output, 'The answer of ss or netstat was expected behind a line "countersign-listeners 1 …".');
  const listeners: Listener[] = [];
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    const state = header[1] === 'ss' ? words[0] : words[5];
    if (state !== 'LISTEN') continue;
    const listener = header[1] === 'ss' ? fromSs(line, words, header[2] === 'all') : fromNetstat(words);
    if (listener === undefined)
      return unreadable(output, `A LISTEN line with an address and a port was expected, not "${shown(line)}".`);
    listeners.push(listener);
  }
  listeners.sort((a, b) => a.port - b.port || compare(a.address, b.address));
  return { ok: true, fact: { listeners, hostAddresses: hostAddresses(lines) } };
}

function hostAddresses(lines: readonly string[]): readonly string[] {
  const found = lines
    .map((line) => /^address (\S{1,64})$/.exec(line)?.[1])
    .map((text) => (text === undefined ? undefined : parseAddress(text)));
  return [...new Set(found.filter((address) => address !== undefined))].sort();
}

function fromSs(line: string, words: readonly string[], processesSeen: boolean): Listener | undefined {
  const at = listeningOn(words[3]);
  const acceptQueue = wholeNumber(words[1] ?? '');
  const acceptQueueLimit = wholeNumber(words[2] ?? '');
  if (at === undefined || acceptQueue === undefined || acceptQueueLimit === undefined) return undefined;
  return { ...at, acceptQueue, acceptQueueLimit, processes: processesSeen ? processes(line) : null };
}

function fromNetstat(words: readonly string[]): Listener | undefined {
  const at = listeningOn(words[3]);
  return at === undefined ? undefined : { ...at, acceptQueue: null, acceptQueueLimit: null, processes: null };
}

function listeningOn(text: string | undefined): { address: string; port: number } | undefined {
  const endpoint = parseEndpoint(text ?? '');
  return endpoint === undefined || endpoint.port === null
    ? undefined
    : { address: endpoint.address, port: endpoint.port };
}

/** `users:(("nginx",pid=18206,fd=4),("nginx",pid=18205,fd=4))`, each process once. */
function processes(line: string): readonly Process[] {
  const found = new Map<string, Process>();
  for (const [, name = '', digits = ''] of line.matchAll(/\("([^"]{1,64})",pid=(\d{1,10}),fd=\d+\)/g)) {
    const pid = wholeNumber(digits);
    if (pid !== undefined) found.set(`${pid} ${name}`, { name: plainText(name), pid });
  }
  return [...found.values()].sort((a, b) => a.pid - b.pid);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function shown(line: string): string {
  return plainText(line).slice(0, 120);
}
