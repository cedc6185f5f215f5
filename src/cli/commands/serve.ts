import { type Command, InvalidArgumentError } from 'commander';
import type { CliDeps } from '../deps.ts';

interface DemoFlags {
  readonly hosts: number;
  readonly port: number;
  readonly load: boolean;
  readonly simulated: boolean;
}

/** `countersign start` and `countersign demo`: the bot, with what the configuration says or with everything it needs. */
export function addServeCommands(program: Command, deps: CliDeps): void {
  program
    .command('start')
    .description('run the bot until it is stopped; without Slack tokens it brings a local Slack page')
    .option('--port <port>', 'port of that page; 0 = any free one', bounded(0, 65535), 8377)
    .action(async (options: { port: number }, command: Command) => {
      await deps.start(
        { config: command.optsWithGlobals<{ config?: string }>().config, port: options.port },
        deps.signal,
      );
    });
  program
    .command('demo')
    .description('bring up hosts, load, the bot and a local Slack page; Ctrl-C removes everything')
    .option('--hosts <count>', 'how many web hosts', bounded(1, 20), 3)
    .option('--port <port>', 'port of the page; 0 = any free one', bounded(0, 65535), 8377)
    .option('--no-load', 'do not drive requests through the hosts')
    .option('--simulated', 'simulated hosts, as without root or Linux; else real ones in network namespaces', false)
    .action(async (options: DemoFlags) => {
      await deps.demo(options, deps.signal);
    });
}

function bounded(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < min || number > max)
      throw new InvalidArgumentError(`a whole number from ${min} to ${max} is needed.`);
    return number;
  };
}
