import { type Command, InvalidArgumentError } from 'commander';
import type { CliDeps, LabCommands } from '../deps.ts';

/** `countersign lab up|status|fault|faults|load|down`: real hosts on this machine to practise on. */
export function addLabCommands(program: Command, deps: CliDeps): void {
  const lab = program
    .command('lab')
    .description('real hosts on this machine, in network namespaces (Linux, root)')
    .option('--lab <id>', 'which lab, when several are up')
    .option('--json', 'print JSON');
  const commands = () => deps.lab(lab.opts<{ lab?: string }>().lab);
  const print = (lines: readonly string[]): void => {
    if (lab.opts<{ json?: boolean }>().json) deps.output.line(JSON.stringify({ done: lines }, null, 2));
    else for (const line of lines) deps.output.line(line);
  };
  lab
    .command('up')
    .description('start the hosts and leave them running')
    .option('--hosts <count>', 'how many web hosts', whole, 3)
    .option('--load', 'drive requests through them')
    .action(async (options: { hosts: number; load?: boolean }) => {
      print(await (await commands()).up({ webHosts: options.hosts, load: options.load === true }));
    });
  lab
    .command('status')
    .description('what runs')
    .action(async () => {
      deps.output.line(JSON.stringify(await (await commands()).status(), null, 2));
    });
  addFaultCommands(lab, { commands, print });
  lab
    .command('load')
    .description('drive paced requests through the web hosts')
    .option('--rate <requests>', 'requests per second and host', whole, 50)
    .option('--seconds <seconds>', 'for how long', whole, 300)
    .option('--close', 'clients close every connection')
    .action(async (options: { rate: number; seconds: number; close?: boolean }) => {
      print(
        await (await commands()).load({
          ratePerHost: options.rate,
          seconds: options.seconds,
          close: options.close === true,
        }),
      );
    });
  lab
    .command('down')
    .description('remove the hosts and everything they started')
    .action(async () => {
      print(await (await commands()).down());
    });
}

interface Shared {
  commands(): Promise<LabCommands>;
  print(lines: readonly string[]): void;
}

function addFaultCommands(lab: Command, { commands, print }: Shared): void {
  lab
    .command('fault')
    .description('cause or clear a fault')
    .argument('<name>', 'its name, for example no-upstream-keepalive; `lab faults` lists them')
    .argument('[hosts...]', 'where; all web hosts when left out')
    .option('--off', 'clear it: the host is then as it was when it started')
    .action(async (name: string, hosts: string[], options: { off?: boolean }) => {
      print(await (await commands()).fault(name, hosts, options.off ? 'off' : 'on'));
    });
  lab
    .command('faults')
    .description('everything that can be wrong with a host')
    .action(async () => {
      print((await commands()).faults());
    });
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 is needed.');
  return number;
}
