import type { Command } from 'commander';
import { selectHosts } from '../../inventory/selector.ts';
import type { CliDeps } from '../deps.ts';
import { EXIT } from '../exit.ts';
import { renderHostCheck } from '../render/host-check.ts';
import { trustHosts } from './trust.ts';

interface HostsOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly fingerprint?: string;
}

const SELECTOR = 'web-1, @web, tag:nginx, web-*, !web-2; all hosts when left out';

/** `countersign hosts [list|check|trust] [HOSTS]`: what there is to run on, what works there, and whose keys are trusted. */
export function addHostsCommands(program: Command, deps: CliDeps): void {
  const hosts = program.command('hosts').description('list hosts, check what works on them, trust their keys');
  hosts
    .command('list', { isDefault: true })
    .description('list the hosts that a selector names; also without the word "list"')
    .argument('[selector...]', SELECTOR)
    .option('--json', 'print JSON')
    .action((selector: string[], _options: HostsOptions, command: Command) =>
      listHosts(deps, selector, command.optsWithGlobals<HostsOptions>()),
    );
  hosts
    .command('check')
    .description('look what works: reachable, key, login, sudo, tools, nginx; changes nothing')
    .argument('[selector...]', SELECTOR)
    .option('--json', 'print JSON')
    .action((selector: string[], _options: HostsOptions, command: Command) =>
      checkHosts(deps, selector, command.optsWithGlobals<HostsOptions>()),
    );
  hosts
    .command('trust')
    .description("show a host's key and, once somebody has compared it, add it to known_hosts")
    .argument('<host...>', 'web-1, or any selector')
    .option('--fingerprint <SHA256:…>', 'the fingerprint that the host must show, where nobody can be asked')
    .option('--json', 'print JSON')
    .action((selector: string[], _options: HostsOptions, command: Command) =>
      trustHosts(deps, selector, command.optsWithGlobals<HostsOptions>()),
    );
}

function listHosts(deps: CliDeps, selector: readonly string[], { json, config }: HostsOptions): void {
  const hosts = selectHosts(deps.loadInventory(config), wordsOf(selector));
  if (json) deps.output.line(JSON.stringify(hosts, null, 2));
  else
    for (const { name, user, address, port, groups, tags } of hosts) {
      const marks = [...groups.map((group) => `@${group}`), ...tags.map((tag) => `tag:${tag}`)].join(' ');
      deps.output.line(`${name}  ${user}@${address}:${port}  ${marks}`.trimEnd());
    }
}

async function checkHosts(deps: CliDeps, selector: readonly string[], { json, config }: HostsOptions): Promise<void> {
  await using session = await deps.openSession(config);
  const words = wordsOf(selector);
  const asker = await session.asker('hosts check', `hosts:${words}`);
  deps.output.progress('Asking the hosts …');
  const check = await session.engine.checkHosts({ ...asker, selector: words, signal: deps.signal });
  deps.output.progress('');
  if (json) deps.output.line(JSON.stringify(check, null, 2));
  else for (const line of renderHostCheck(check)) deps.output.line(line);
  if (check.hosts.some(({ state }) => state === 'failed')) process.exitCode = EXIT.problemsFound;
}

function wordsOf(selector: readonly string[]): string {
  return selector.length === 0 ? 'all' : selector.join(' ');
}
