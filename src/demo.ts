import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './base/clock.ts';
import { OperatorError } from './base/error.ts';
import { systemIds } from './base/ids.ts';
import { silentLogger } from './base/logger.ts';
import { runBot } from './bot.ts';
import type { DemoOptions, Output } from './cli/deps.ts';
import { loadConfig } from './config/load.ts';

const RATE_PER_HOST = 60;

/** People of the demonstration, named after what they do; the first also is whoever uses the command line here. */
const CONFIG = `# Written by "countersign demo" and removed with it.
inventory: inventory.yaml
store: { path: countersign.sqlite }
log_level: warn
people:
  - { name: requester, slack: U0REQUESTER, unix: root, roles: [run, approve] }
  - { name: approver, slack: U0APPROVER, roles: [run, approve] }
  - { name: approver-2, slack: U0APPROVER2, roles: [run, approve] }
`;

/** Brings up lab hosts with two faults, load, the bot and the local Slack; removes all of it when `signal` is aborted. */
export async function runDemo(options: DemoOptions, output: Output, signal: AbortSignal): Promise<void> {
  requireLab();
  const { upLab } = await import('./lab/lab.ts');
  output.line(`Starting ${options.hosts} web hosts and a database host in network namespaces …`);
  await using lab = await upLab({ logger: silentLogger, clock: systemClock, ids: systemIds, webHosts: options.hosts });
  output.line(`Hosts: ${lab.hosts.map(({ name, address }) => `${name} (${address})`).join(', ')}`);
  await lab.fault('no-upstream-keepalive', 'all', 'on');
  await lab.fault('service-port-in-range', 'all', 'on');
  if (options.load) await lab.load({ ratePerHost: RATE_PER_HOST });
  writeFileSync(join(lab.directory, 'inventory.yaml'), lab.inventoryYaml());
  const file = join(lab.directory, 'countersign.yaml');
  writeFileSync(file, CONFIG);
  output.line(`The command line works on the same hosts: npx countersign --config ${file} history`);
  const welcome = [
    'Two things are wrong with these hosts. As "requester", find out what:',
    '/runbook run time-wait on @web',
    'Then switch to "approver" (top left), read the proposal, approve it, and see it proven.',
  ];
  await runBot(loadConfig(file), output, signal, { port: options.port, welcome });
  output.line('Removing the hosts …');
}

function requireLab(): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return;
  throw new OperatorError('lab/unsupported', {
    message: 'the demonstration needs Linux and root: its hosts are network namespaces',
    hint: 'Run it as root, in a virtual machine if you like; or write a configuration for hosts of your own and use "countersign start".',
  });
}
