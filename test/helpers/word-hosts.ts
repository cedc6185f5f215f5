import type { HostName } from '../../src/base/ids.ts';
import type { ApprovalGrant } from '../../src/engine/grant.ts';
import type { ChangeOutcome, HostFailure, ReadOutcome, Transport } from '../../src/engine/transport.ts';
import type { Host } from '../../src/inventory/host.ts';
import { shownGreeting } from './greeting.ts';

/** A host of one word, with receipts as real hosts keep them. */
export interface WordHost {
  word: string;
  failure?: HostFailure;
  /** What the next change does instead of working. */
  next?: 'refused' | 'busy' | 'lost-before' | 'lost-after' | 'running' | 'interrupted';
  /** What it answers to a confirmation, beside `CONFIRMED`. */
  confirms?: 'REVERTED' | 'INTERRUPTED';
  /** Runs before each answer; a test may hold it up here. */
  meanwhile?: (kind: 'read' | 'change') => Promise<void> | void;
  readonly receipts: Map<string, string>;
}

/** A transport to hosts of one word. It is a model of the receipts' scripts, which test/engine/receipt.test.ts runs for real. */
export interface WordTransport extends Transport {
  readonly hosts: ReadonlyMap<string, WordHost>;
  /** What reached hosts, in order: `web-1 read`, `web-1 apply`, `web-1 confirm`, `web-1 undo`, `web-1 status`. */
  readonly calls: readonly string[];
  host(name: string): WordHost;
}

/** Hosts with these words. */
export function createWordTransport(words: Readonly<Record<string, string>>): WordTransport {
  const hosts = new Map(
    Object.entries(words).map(([name, word]): [string, WordHost] => [name, { word, receipts: new Map() }]),
  );
  const calls: string[] = [];
  const find = (name: string): WordHost => {
    const host = hosts.get(name);
    if (!host) throw new Error(`no host ${name}`);
    return host;
  };
  const failed = (kind: HostFailure, name: HostName) => ({ kind, detail: `${name}: ${kind}, swordfish.` });
  return {
    hosts,
    calls,
    host: find,
    async greet(host, { signal }) {
      const failure = signal.aborted ? 'cancelled' : find(host.name).failure;
      return shownGreeting(failure && failed(failure, host.name));
    },
    async read(host, steps, { signal, onStepStarted }): Promise<ReadOutcome> {
      const known = find(host.name);
      calls.push(`${host.name} ${steps[0]?.id === 'receipt' ? 'status' : 'read'}`);
      await known.meanwhile?.('read');
      if (signal.aborted) return { ...failed('cancelled', host.name), steps: [], durationMs: 1 };
      if (known.failure) return { ...failed(known.failure, host.name), steps: [], durationMs: 1 };
      const outputs = steps.map(({ id, command }) => {
        onStepStarted?.(id);
        const stdout =
          id === 'receipt' ? `receipt ${known.receipts.get(command.argv[4] ?? '') ?? 'NEVER'}\n` : known.word;
        return { id, exitCode: 0, durationMs: 1, stdout, stderr: '', droppedBytes: 0 };
      });
      return { kind: 'ok', steps: outputs, durationMs: 1 };
    },
    async change(host, command, grant, { signal }): Promise<ChangeOutcome> {
      mustCover(grant, host);
      const known = find(host.name);
      const [, , , , receipt = '', , , , before = '', after = ''] = command.argv;
      const confirms = command.argv.length === 5;
      calls.push(`${host.name} ${confirms ? 'confirm' : receipt.includes('.undo') ? 'undo' : 'apply'}`);
      await known.meanwhile?.('change');
      if (signal.aborted) return failed('cancelled', host.name);
      if (known.failure) return failed(known.failure, host.name);
      if (confirms)
        return { kind: 'ok', exitCode: 0, stdout: `receipt ${known.confirms ?? 'CONFIRMED'}\n`, stderr: '' };
      const how = known.next;
      delete known.next;
      if (how === 'lost-before') return failed('unknown', host.name);
      if (!known.receipts.has(receipt))
        work(known, receipt, how, receipt.includes('.undo') ? [after, before] : [before, after]);
      if (how === 'lost-after') return failed('unknown', host.name);
      return { kind: 'ok', exitCode: 0, stdout: `receipt ${known.receipts.get(receipt)}\nan output\n`, stderr: '' };
    },
    async [Symbol.asyncDispose]() {},
  };
}

function work(host: WordHost, receipt: string, how: WordHost['next'], [from, to]: readonly [string, string]): void {
  if (how === 'running') host.receipts.set(receipt, 'RUNNING');
  else if (how === 'interrupted') host.receipts.set(receipt, 'INTERRUPTED');
  else if (how === 'refused') host.receipts.set(receipt, 'DONE 70');
  else if (how === 'busy') host.receipts.set(receipt, 'DONE 73');
  else if (host.word !== from) host.receipts.set(receipt, 'DONE 71');
  else {
    host.word = to;
    host.receipts.set(receipt, 'DONE 0');
  }
}

function mustCover(grant: ApprovalGrant, host: Host): void {
  if (!grant.hosts.has(host.name)) throw new Error(`the grant does not cover ${host.name}`);
}
