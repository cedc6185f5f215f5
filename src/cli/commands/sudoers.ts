import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { OperatorError } from '../../base/error.ts';
import { sudoersText } from '../../engine/host-rights.ts';
import type { CliDeps } from '../deps.ts';
import { EXIT } from '../exit.ts';

interface SudoersOptions {
  readonly user: string;
  readonly readOnly?: boolean;
  readonly json?: boolean;
  readonly config?: string;
}

/** A user name that sudoers(5) takes as such: no pattern, no group, no alias. */
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;

/** `countersign sudoers`: the rights that the bot's login user needs on hosts, and no others. */
export function addSudoersCommand(program: Command, deps: CliDeps): void {
  program
    .command('sudoers')
    .description('print the least sudo rights that the runbooks and their remedies need on a host')
    .option('--user <name>', 'the login user on the hosts', 'countersign')
    .option('--read-only', 'only what is needed to look; nothing can be changed then')
    .option('--json', 'print JSON')
    .action((_options: SudoersOptions, command: Command) => {
      const { user, readOnly, json, config } = command.optsWithGlobals<SudoersOptions>();
      if (!USER.test(user)) {
        throw new OperatorError('request/invalid', {
          message: `"${user}" is not a login name`,
          hint: 'Use small letters, digits, "_" and "-", beginning with a letter.',
        });
      }
      const runbooks = deps.loadRunbooks(undefined, config);
      const rights = deps.hostRights(runbooks);
      const wanted = readOnly ? { ...rights, changes: [] } : rights;
      const text = sudoersText(user, wanted);
      const checked = check(text);
      if (json) deps.output.line(JSON.stringify({ user, ...wanted, checked }, null, 2));
      else {
        deps.output.line(text.trimEnd());
        if (!checked) deps.output.problem('visudo is not installed here, so the syntax was not checked.');
      }
      for (const { file } of runbooks.broken) {
        deps.output.problem(`${file} is broken, so what it needs is not counted in; countersign lint says why.`);
        process.exitCode = EXIT.problemsFound;
      }
    });
}

/** Has visudo(8) check the text; false when it is not there. Throws when visudo finds a mistake, which would be a defect. */
function check(text: string): boolean {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const { error, status, stderr } = spawnSync('visudo', ['-c', '-f', '-'], { input: text, encoding: 'utf8', env });
  if (error) return false;
  if (status !== 0) throw new Error(`visudo does not accept what was made: ${stderr.trim()}`);
  return true;
}
