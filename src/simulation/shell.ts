import type { Clock } from '../base/clock.ts';
import type { Ids } from '../base/ids.ts';
import { readSentLine, type SentStep } from '../ssh/sent-line.ts';
import type { ExecRequest } from '../ssh/server.ts';
import { failed, type Output } from './answers/answer.ts';
import { type Host, runCommand } from './commands.ts';

/** What the login shell of a simulated host needs. */
export interface ShellInit {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly machine: Host['machine'];
  readonly receipts: Host['receipts'];
}

/** What timeout(1) ends with when the time was over. */
const TIMED_OUT = 124;
const NOT_FOUND = 127;
const SHELL_PID = 4100;

/** Runs the lines that Countersign sends, as a login shell would; no other line is understood. */
export function createShell(init: ShellInit): (request: ExecRequest) => Promise<number> {
  const running = new Map<string, AbortController>();
  return async (request) => {
    const sent = readSentLine(request.line);
    if (!sent) {
      request.stderr('simulated host: this command is not simulated\n');
      return NOT_FOUND;
    }
    if (sent.kind === 'end') {
      running.get(sent.nonce)?.abort();
      return 0;
    }
    const ended = new AbortController();
    running.set(sent.nonce, ended);
    const signal = AbortSignal.any([request.signal, ended.signal]);
    try {
      if (sent.kind === 'change') return print(request, await runCommand(hostOf(init), sent.argv, signal));
      return await runFrame(init, request, sent, signal);
    } finally {
      running.delete(sent.nonce);
    }
  };
}

function hostOf({ clock, machine, receipts }: ShellInit): Host {
  return { machine, receipts, wait: (ms, signal) => clock.sleep(ms, signal) };
}

interface Frame {
  readonly nonce: string;
  readonly steps: readonly SentStep[];
}

/* The same markers as ssh/frame.ts makes the host's shell print. */
async function runFrame(
  init: ShellInit,
  request: ExecRequest,
  { nonce, steps }: Frame,
  signal: AbortSignal,
): Promise<number> {
  const part = init.ids.uuid();
  const both = (text: string): void => {
    request.stdout(text);
    request.stderr(text);
  };
  both(`\n${nonce}:h:${part}:${SHELL_PID}\n`);
  for (const [index, step] of steps.entries()) {
    both(`\n${nonce}.${part}:b:${index}:${init.machine.uptime()}\n`);
    const exitCode = print(request, await runStep(init, step, signal));
    both(`\n${nonce}.${part}:e:${index}:${init.machine.uptime()}:${exitCode}\n`);
  }
  return 0;
}

/* A step is ended when the client ends it, when its script is ended, and at its limit. */
async function runStep(init: ShellInit, { argv, timeoutSeconds }: SentStep, signal: AbortSignal): Promise<Output> {
  const over = new AbortController();
  const ended = new AbortController();
  const limit = init.clock.sleep(timeoutSeconds * 1000, ended.signal).then(() => over.abort());
  try {
    return await runCommand(hostOf(init), argv, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (over.signal.aborted && !signal.aborted) return failed(TIMED_OUT);
    throw error;
  } finally {
    ended.abort();
    await limit.catch(() => {});
  }
}

function print(request: ExecRequest, { stdout, stderr, exitCode }: Output): number {
  request.stdout(stdout);
  request.stderr(stderr);
  return exitCode;
}
