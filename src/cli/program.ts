import { Command, CommanderError } from 'commander';
import { messageOf, OperatorError } from '../base/error.ts';
import { plainText } from '../base/plain-text.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addAuthorCommands } from './commands/author.ts';
import { addBreakGlassCommands } from './commands/break-glass.ts';
import { addDecisionCommands } from './commands/decide.ts';
import { addHistoryCommand, addShowCommand } from './commands/history.ts';
import { addHostsCommands } from './commands/hosts.ts';
import { addLabCommands } from './commands/lab.ts';
import { addListCommand } from './commands/list.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommands } from './commands/serve.ts';
import { addSlackCommands } from './commands/slack.ts';
import { addSudoersCommand } from './commands/sudoers.ts';
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
    .option(
      '--config <file>',
      'the configuration; else $COUNTERSIGN_CONFIG, ./countersign.yaml, ~/.config/countersign/, /etc/countersign/',
    )
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => deps.output.line(text.trimEnd()),
      writeErr: (text) => deps.output.problem(plainText(text.trimEnd())),
    });
  addRunCommand(program, deps);
  addHistoryCommand(program, deps);
  addShowCommand(program, deps);
  addDecisionCommands(program, deps);
  addBreakGlassCommands(program, deps);
  addAuditCommands(program, deps);
  addHostsCommands(program, deps);
  addListCommand(program, deps);
  addAuthorCommands(program, deps);
  addSudoersCommand(program, deps);
  addServeCommands(program, deps);
  addSlackCommands(program, deps);
  addLabCommands(program, deps);
  return program;
}

function report(error: unknown, json: boolean, deps: CliDeps): number {
  const { exit, code, message, hint, details } = described(error);
  if (exit === 0) return exit;
  if (json) deps.output.line(JSON.stringify({ error: { code, message, hint: hint ?? null, details } }, null, 2));
  // A usage error has been printed by commander.
  else if (!(error instanceof CommanderError)) {
    deps.output.problem(plainText(`countersign: ${message}${hint ? `\n  ${hint}` : ''}`));
  }
  return exit;
}

interface Described {
  readonly exit: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

function described(error: unknown): Described {
  if (error instanceof OperatorError) {
    const { code, hint, located, details, exitStatus } = error;
    return { exit: exitStatus, code, message: located, hint, details };
  }
  if (error instanceof CommanderError) {
    const [message = '', hint] = error.message.replace(/^error: /, '').split('\n');
    return { exit: error.exitCode === 0 ? 0 : EXIT.usage, code: 'request/invalid', message, hint, details: {} };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  const hint = `Please report it.${stack === undefined ? '' : `\n${stack}`}`;
  return { exit: EXIT.bug, code: 'bug', message: `this is a bug: ${messageOf(error)}`, hint, details: {} };
}
