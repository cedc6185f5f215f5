import type { HostName } from '../base/ids.ts';
import type { Host } from './host.ts';

/** The named hosts that runs may be asked for. */
export interface Inventory {
  readonly hosts: readonly Host[];
  readonly groups: readonly string[];
  readonly tags: readonly string[];
  host(name: string): Host | undefined;
}

/** An inventory of these hosts, in the order given. */
export function createInventory(hosts: readonly Host[]): Inventory {
  const byName = new Map<string, Host>(hosts.map((host) => [host.name, host]));
  return {
    hosts,
    groups: unique(hosts.flatMap((host) => host.groups)),
    tags: unique(hosts.flatMap((host) => host.tags)),
    host: (name) => byName.get(name),
  };
}

/** Host names as people list them: in inventory order. */
export function inInventoryOrder(inventory: Inventory, names: Iterable<HostName>): HostName[] {
  const wanted = new Set(names);
  return inventory.hosts.map((host) => host.name).filter((name) => wanted.has(name));
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}
