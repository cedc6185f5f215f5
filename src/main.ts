#!/usr/bin/env node
import { runProgram } from './cli/program.ts';
import { createCliDeps, VERSION } from './program-deps.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(128);
    stopping.abort(new Error(signal));
  });
}

process.exitCode = await runProgram(process.argv.slice(2), VERSION, createCliDeps(stopping.signal));
