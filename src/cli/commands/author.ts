import type { Command } from 'commander';
import { count, formatNumber } from '../../base/format.ts';
import type { CliDeps } from '../deps.ts';
import { EXIT } from '../exit.ts';

interface AuthorOptions {
  readonly json?: boolean;
  readonly check?: boolean;
  readonly config?: string;
}

/** `countersign lint [PATH…]` and `countersign generate`: for people who write runbooks. */
export function addAuthorCommands(program: Command, deps: CliDeps): void {
  program
    .command('lint')
    .description('check runbooks; every problem with file:line:column and what to do')
    .argument('[paths...]', "runbooks and directories of them; the configuration's when left out")
    .option('--json', 'print JSON')
    .action((paths: string[], _options: AuthorOptions, command: Command) => {
      const options = command.optsWithGlobals<AuthorOptions>();
      lint(deps, paths.length === 0 ? undefined : paths, options);
    });
  program
    .command('generate')
    .description('write the generated files, such as runbooks/schema.json')
    .option('--check', 'only tell whether they are up to date')
    .option('--json', 'print JSON')
    .action((options: AuthorOptions) => {
      const files = deps.generate(options.check === true);
      if (options.json) deps.output.line(JSON.stringify({ files }, null, 2));
      else {
        for (const { path, current } of files) {
          if (current) continue;
          deps.output.problem(options.check ? `${path} is out of date: run "npm run generate"` : `${path} written`);
        }
      }
      if (options.check && files.some(({ current }) => !current)) process.exitCode = EXIT.problemsFound;
    });
}

function lint(deps: CliDeps, paths: readonly string[] | undefined, options: AuthorOptions): void {
  const { runbooks, broken } = deps.loadRunbooks(paths, options.config);
  if (options.json) deps.output.line(JSON.stringify({ sound: runbooks.map(({ file }) => file), broken }, null, 2));
  else {
    for (const { message, location, hint } of broken.flatMap(({ problems }) => problems)) {
      deps.output.problem(`${location.file}:${location.line}:${location.column} ${message}`);
      if (hint) deps.output.problem(`  ${hint}`);
    }
    deps.output.line(`${count(runbooks.length, 'sound runbook')}, ${formatNumber(broken.length)} broken`);
  }
  if (broken.length > 0) process.exitCode = EXIT.problemsFound;
}
