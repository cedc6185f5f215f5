import type { Command } from 'commander';
import { selectHosts } from '../../inventory/selector.ts';
import { paramHelp } from '../../engine/phrases.ts';
import type { CliDeps } from '../deps.ts';

interface ListOptions {
  readonly json?: boolean;
  readonly config?: string;
}

/** `countersign hosts [SELECTOR]` and `countersign list`: what there is to run on, and what there is to run. */
export function addInventoryCommands(program: Command, deps: CliDeps): void {
  program
    .command('hosts')
    .description('list the hosts that a selector names')
    .argument('[selector...]', 'web-1, @web, tag:nginx, web-*, !web-2; all hosts when left out')
    .option('--json', 'print JSON')
    .action((selector: string[], _options: ListOptions, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const hosts = selectHosts(deps.loadInventory(options.config), selector.length === 0 ? 'all' : selector.join(' '));
      if (options.json) deps.output.line(JSON.stringify(hosts, null, 2));
      else
        for (const { name, user, address, port, groups, tags } of hosts) {
          const marks = [...groups.map((group) => `@${group}`), ...tags.map((tag) => `tag:${tag}`)].join(' ');
          deps.output.line(`${name}  ${user}@${address}:${port}  ${marks}`.trimEnd());
        }
    });
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
