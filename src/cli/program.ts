import { Command, CommanderError } from 'commander';
import { messageOf, OperatorError } from '../base/error.ts';
import { plainText } from '../base/plain-text.ts';
import { addAuthorCommands } from './commands/author.ts';
import { addDecisionCommands } from './commands/decide.ts';
import { addHistoryCommand, addShowCommand } from './commands/history.ts';
import { addInventoryCommands } from './commands/inventory.ts';
import { addLabCommands } from './commands/lab.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommands } from './commands/serve.ts';
import type { CliDeps } from './deps.ts';
import { EXIT } from './exit.ts';

/** Runs one command line; the result is the exit status. Errors are printed with what to do about them. */
export async function runProgram(argv: readonly string[], version: string, deps: CliDeps): Promise<number> {
  const program = createProgram(version, deps);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return report(error, argv.includes('--json'), deps);
  }
}

function createProgram(version: string, deps: CliDeps): Command {
  const program = new Command('countersign')
    .description('Runbooks in Slack, over SSH, with a second pair of eyes.')
    .version(version)
    .option('--config <file>', 'the configuration; else $COUNTERSIGN_CONFIG, ./countersign.yaml, ~/.config/countersign/, /etc/countersign/')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => deps.output.line(text.trimEnd()), writeErr: (text) => deps.output.problem(text.trimEnd()) });
  addRunCommand(program, deps);
  addHistoryCommand(program, deps);
  addShowCommand(program, deps);
  addDecisionCommands(program, deps);
  addInventoryCommands(program, deps);
  addAuthorCommands(program, deps);
  addServeCommands(program, deps);
  addLabCommands(program, deps);
  return program;
}

function report(error: unknown, json: boolean, deps: CliDeps): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof OperatorError) {
    const { code, hint, located, details } = error;
    if (json) deps.output.line(JSON.stringify({ error: { code, message: located, hint: hint ?? null, details } }, null, 2));
    else deps.output.problem(plainText(`countersign: ${located}${hint ? `\n  ${hint}` : ''}`));
    return error.exitStatus;
  }
  deps.output.problem(`countersign: this is a bug: ${messageOf(error)}${error instanceof Error && error.stack ? `\n${error.stack}` : ''}`);
  return EXIT.bug;
}
