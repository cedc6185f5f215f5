import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock } from './base/clock.ts';
import { systemIds } from './base/ids.ts';
import { silentLogger } from './base/logger.ts';
import { runBot } from './bot.ts';
import type { DemoOptions, Output } from './cli/deps.ts';
import { loadConfig } from './config/load.ts';

const RATE_PER_HOST = 60;

/** Brings up hosts with two faults, load, the bot and the local Slack; removes all of it when `signal` is aborted. */
export async function runDemo(options: DemoOptions, output: Output, signal: AbortSignal): Promise<void> {
  const why = options.simulated ? 'as asked' : whyNoLab();
  if (why === undefined) await onLabHosts(options, output, signal);
  else await onSimulatedHosts(options, why, output, signal);
}

/** Why this machine cannot carry lab hosts, whatever is installed; undefined when it can. */
function whyNoLab(): string | undefined {
  if (process.platform !== 'linux') return `real ones need Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'real ones are network namespaces, which only root may make';
  return undefined;
}

async function onLabHosts(options: DemoOptions, output: Output, signal: AbortSignal): Promise<void> {
  const { upLab } = await import('./lab/lab.ts');
  output.line(`Starting ${options.hosts} web hosts and a database host in network namespaces …`);
  await using lab = await upLab({ logger: silentLogger, clock: systemClock, ids: systemIds, webHosts: options.hosts });
  output.line(`Hosts: ${lab.hosts.map(({ name, address }) => `${name} (${address})`).join(', ')}`);
  await lab.fault('no-upstream-keepalive', 'all', 'on');
  await lab.fault('service-port-in-range', 'all', 'on');
  if (options.load) await lab.load({ ratePerHost: RATE_PER_HOST });
  const file = writeConfig(lab.directory, lab.inventoryYaml(), output);
  await runBot(loadConfig(file), output, signal, { port: options.port, welcome: welcome('these hosts') });
  output.line('Removing the hosts …');
}

async function onSimulatedHosts(options: DemoOptions, why: string, output: Output, signal: AbortSignal): Promise<void> {
  const { startSimulation } = await import('./simulation/simulation.ts');
  output.line(`Starting ${options.hosts} web hosts and a database host, all simulated: ${why}.`);
  const directory = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  try {
    const machine = { logger: silentLogger, clock: systemClock, ids: systemIds };
    await using simulation = await startSimulation({
      ...machine,
      directory,
      webHosts: options.hosts,
      load: options.load,
    });
    const names = simulation.hosts.map(({ name, port }) => `${name} (127.0.0.1 port ${port})`);
    output.line(`Simulated hosts: ${names.join(', ')}`);
    output.line('They are models: no real system is looked at or changed. Run it as root on Linux for real hosts.');
    const file = writeConfig(directory, simulation.inventoryYaml(), output);
    const lines = [
      'The hosts here are simulated: models behind SSH servers on this machine. Run the demonstration as root on Linux for real ones.',
      ...welcome('these simulated hosts'),
    ];
    await runBot(loadConfig(file), output, signal, { port: options.port, welcome: lines });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function welcome(hosts: string): readonly string[] {
  return [
    `Two things are wrong with ${hosts}. As "requester", find out what:`,
    '/runbook run time-wait on @web',
    'Then switch to "approver" (top left), read the proposal, approve it, and see it proven.',
  ];
}

/** Writes what the bot runs with, and says how the command line finds the same. */
function writeConfig(directory: string, inventory: string, output: Output): string {
  writeFileSync(join(directory, 'inventory.yaml'), inventory);
  const file = join(directory, 'countersign.yaml');
  writeFileSync(file, configYaml());
  output.line(`The command line works on the same hosts: npx countersign --config ${file} history`);
  return file;
}

/** People of the demonstration, named after what they do; the first also is whoever uses the command line here. */
function configYaml(): string {
  const user = unixUser();
  const unix = user === undefined ? '' : `, unix: ${JSON.stringify(user)}`;
  return `# Written by "countersign demo" and removed with it.
inventory: inventory.yaml
store: { path: countersign.sqlite }
log_level: warn
people:
  - { name: requester, slack: U0REQUESTER${unix}, roles: [run, approve] }
  - { name: approver, slack: U0APPROVER, roles: [run, approve] }
  - { name: approver-2, slack: U0APPROVER2, roles: [run, approve] }
`;
}

/** Who runs this, and called sudo to do so; undefined for a number without a name, as containers have them. */
function unixUser(): string | undefined {
  try {
    const { uid, username } = userInfo();
    return uid === 0 ? (process.env['SUDO_USER'] ?? username) : username;
  } catch {
    return undefined;
  }
}
