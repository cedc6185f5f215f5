import type { Command } from 'commander';
import { paramHelp } from '../../engine/phrases.ts';
import type { CliDeps } from '../deps.ts';

interface ListOptions {
  readonly json?: boolean;
  readonly config?: string;
}

/** `countersign list`: what there is to run. */
export function addListCommand(program: Command, deps: CliDeps): void {
  program
    .command('list')
    .description('list the runbooks and their params')
    .option('--json', 'print JSON')
    .action((_options: ListOptions, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const { runbooks, broken } = deps.loadRunbooks(undefined, options.config);
      if (options.json) {
        deps.output.line(
          JSON.stringify(
            {
              runbooks: runbooks.map(({ name, title, description, params }) => ({ name, title, description, params })),
              broken,
            },
            null,
            2,
          ),
        );
        return;
      }
      for (const { name, title, params } of runbooks) {
        deps.output.line(`${name}  ${title}`);
        for (const param of params) deps.output.line(`  ${paramHelp(param)}`);
      }
      for (const { file, problems } of broken)
        deps.output.problem(`${file} cannot run: ${problems[0]?.message ?? 'broken'}`);
    });
}
