import { systemClock } from './base/clock.ts';
import { systemIds } from './base/ids.ts';
import { silentLogger } from './base/logger.ts';
import type { LabCommands } from './cli/deps.ts';

const DEPS = { logger: silentLogger, clock: systemClock };
const DEFAULT_RATE_PER_HOST = 40;

/** A lab as the command line drives it, left running between commands; `id` names it when several are up. */
export async function createLabCommands(id: string | undefined): Promise<LabCommands> {
  const { openLab, upLab } = await import('./lab/lab.ts');
  const { FAULTS } = await import('./lab/faults/registry.ts');
  const width = Math.max(...FAULTS.map(({ name }) => name.length));
  const which = { ...DEPS, ...(id === undefined ? {} : { id }) };
  return {
    up: async ({ webHosts, load }) => {
      const lab = await upLab({ ...which, ids: systemIds, webHosts });
      try {
        if (load) await lab.load({ ratePerHost: DEFAULT_RATE_PER_HOST });
      } catch (error) {
        await lab.down();
        throw error;
      }
      lab.detach();
      return [`Lab ${lab.id} is up.`, 'Inventory:', lab.inventoryYaml()];
    },
    status: () => openLab(which).status(),
    faults: () => FAULTS.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}`),
    fault: async (name, hosts, mode) => {
      await openLab(which).fault(name, hosts.length === 0 ? 'all' : hosts, mode);
      return [`${name} is ${mode} on ${hosts.length === 0 ? 'all hosts that can have it' : hosts.join(', ')}.`];
    },
    load: async ({ ratePerHost, seconds, close }) => {
      await openLab(which).load({ ratePerHost, seconds, mode: close ? 'close' : 'keep-alive' });
      return [`${ratePerHost} requests/s to each web host for ${seconds} s.`];
    },
    down: async () => {
      const lab = openLab(which);
      await lab.down();
      return [`Lab ${lab.id} is down.`];
    },
  };
}
