import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { createDisposal } from '../base/disposal.ts';
import type { Ids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { createKeyPair, startSshServer } from '../ssh/server.ts';
import { createMachine, type Machine, type Role } from './machine.ts';
import { createReceipts } from './receipt/receipts.ts';
import { createShell } from './shell.ts';

/** What simulated hosts are made with. */
export interface SimulationInit {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** A directory of their own, for the key that they let in. */
  readonly directory: string;
  readonly webHosts: number;
  /** Whether requests arrive. */
  readonly load: boolean;
}

/** A simulated host as the inventory names it. */
interface SimulatedHost {
  /** Begins with `simulated-`, so that it is told apart wherever it shows. */
  readonly name: string;
  readonly port: number;
  readonly groups: readonly [Role];
  readonly hostKey: string;
  readonly machine: Machine;
}

/** Simulated hosts behind an SSH server each, on loopback. Disposing stops them, and nothing of them stays. */
export interface Simulation extends AsyncDisposable {
  readonly hosts: readonly SimulatedHost[];
  /** The inventory file for the bot that is to look after them. */
  inventoryYaml(): string;
}

const USER = 'simulated';
/** Requests per second and backend of the first host; the others get a few more. */
const REQUESTS = 60;

/** Starts web hosts that are ill in the two ways of the demonstration, and a database host that is well. */
export async function startSimulation(init: SimulationInit): Promise<Simulation> {
  const client = createKeyPair();
  const identityFile = join(init.directory, 'simulated-hosts-key');
  writeFileSync(identityFile, client.privateKey, { mode: 0o600 });
  const disposal = createDisposal();
  try {
    const hosts = await Promise.all(
      plannedHosts(init).map(async ({ name, role, address, requestsPerBackend }): Promise<SimulatedHost> => {
        const machine = createMachine({ clock: init.clock, role, address, load: { requestsPerBackend } });
        const key = createKeyPair();
        const stopping = new AbortController();
        const receipts = createReceipts({ clock: init.clock, machine, stopped: stopping.signal });
        const exec = createShell({ clock: init.clock, ids: init.ids, machine, receipts });
        const login = { user: USER, authorizedKey: client.publicKey, hostKey: key.privateKey };
        const server = disposal.use(await startSshServer({ logger: init.logger, ...login, exec }));
        disposal.use({ [Symbol.asyncDispose]: async () => stopping.abort() });
        return { name, port: server.port, groups: [role], hostKey: key.publicKey, machine };
      }),
    );
    return {
      hosts,
      inventoryYaml: () => inventoryYaml(hosts, identityFile),
      [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
    };
  } catch (error) {
    await disposal[Symbol.asyncDispose]();
    throw error;
  }
}

function plannedHosts({ webHosts, load }: SimulationInit) {
  const web = Array.from({ length: webHosts }, (_, index) => ({
    name: `simulated-web-${index + 1}`,
    role: 'web' as const,
    address: `192.0.2.${11 + index}`,
    requestsPerBackend: load ? REQUESTS + 2 * index : 0,
  }));
  return [...web, { name: 'simulated-db-1', role: 'db' as const, address: '192.0.2.81', requestsPerBackend: 0 }];
}

function inventoryYaml(hosts: readonly SimulatedHost[], identityFile: string): string {
  const entries = hosts.flatMap(({ name, port, groups: [group], hostKey }) => [
    `  - name: ${name}`,
    '    address: 127.0.0.1',
    `    port: ${port}`,
    `    user: ${USER}`,
    `    groups: [${group}]`,
    `    tags: [simulated${group === 'web' ? ', nginx' : ''}]`,
    `    host_key: ${JSON.stringify(hostKey)}`,
    `    identity_file: ${JSON.stringify(identityFile)}`,
    '    sudo: passwordless',
  ]);
  return [
    '# Simulated hosts: models behind an SSH server on this machine, no real systems.',
    'hosts:',
    ...entries,
    '',
  ].join('\n');
}
