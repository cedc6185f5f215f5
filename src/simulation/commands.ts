import { PROBES, isProbeId } from '../probes/registry.ts';
import { type Asked, failed, type Output } from './answers/answer.ts';
import { answerHostCheck } from './answers/host-check.ts';
import { ANSWERS } from './answers/registry.ts';
import type { Machine } from './machine.ts';
import type { Receipts } from './receipt/receipts.ts';

/** The exit status of a shell that finds no such command (POSIX 2.8.2). */
const NOT_FOUND = 127;

/** A simulated host as commands act on it. */
export interface Host {
  readonly machine: Machine;
  readonly receipts: Receipts;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Runs a command: what the product's own probes, host check and receipts send, and nothing else. Anything more is not
 * found, so that its probe says that a tool is missing and no number is made up.
 */
export async function runCommand(host: Host, argv: readonly string[], signal: AbortSignal): Promise<Output> {
  const { machine, receipts } = host;
  const wait = (ms: number) => host.wait(ms, signal);
  const probe = askedProbe(argv);
  if (probe) return ANSWERS[probe.id]({ machine, wait, ...probe.context });
  return (
    answerHostCheck(machine, argv) ??
    (await receipts.answer(argv, signal)) ??
    failed(NOT_FOUND, 'simulated host: this command is not simulated\n')
  );
}

type Context = Pick<Asked, 'sudo' | 'intervalSeconds'>;

/** The probe that has this very command, and what it was adapted to. */
function askedProbe(
  argv: readonly string[],
): { readonly id: keyof typeof ANSWERS; readonly context: Context } | undefined {
  const intervals = [
    1,
    ...argv
      .slice(4)
      .map(Number)
      .filter((number) => number > 0),
  ];
  const contexts = [true, false].flatMap((sudo) => intervals.map((intervalSeconds) => ({ sudo, intervalSeconds })));
  for (const { id, command } of PROBES) {
    if (!isProbeId(id) || command({ sudo: true, intervalSeconds: 1 }).argv[2] !== argv[2]) continue;
    const context = contexts.find((tried) => sameWords(command(tried).argv, argv));
    if (context) return { id, context };
  }
  return undefined;
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}
