import { authoredPath } from '../base/authored-path.ts';
import { parseDuration } from '../base/duration.ts';
import { OperatorError } from '../base/error.ts';
import { asHostName } from '../base/ids.ts';
import { parseYaml, type YamlSource } from '../base/yaml-source.ts';
import type { Host } from './host.ts';
import { createInventory, type Inventory } from './inventory.ts';
import { type HostEntry, InventoryFile } from './schema.ts';

const DEFAULT_CONNECT_TIMEOUT_MS = 5000;

/**
 * The inventory from its YAML text. Paths are relative to the file; `~/` is the home directory.
 * Throws config/syntax or config/invalid with file:line:column.
 */
export function parseInventory(file: string, text: string): Inventory {
  const source = parseYaml(file, text, InventoryFile, { syntax: 'config/syntax', invalid: 'config/invalid' });
  const { defaults = {}, hosts } = source.value;
  const seen = new Set<string>();
  return createInventory(
    hosts.map((entry, index) => {
      if (seen.has(entry.name)) {
        throw invalid(
          source,
          ['hosts', index, 'name'],
          `host "${entry.name}" is there twice`,
          'Give each host its own name.',
        );
      }
      seen.add(entry.name);
      return hostOf({ ...defaults, ...entry }, source, index, file);
    }),
  );
}

function hostOf(entry: HostEntry, source: YamlSource<InventoryFile>, index: number, file: string): Host {
  const path = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : authoredPath(value, file);
  if (entry.user === undefined) {
    throw invalid(
      source,
      ['hosts', index],
      `host "${entry.name}" has no user`,
      'Add "user:" to the host or to "defaults:".',
    );
  }
  return {
    name: asHostName(entry.name),
    address: entry.address ?? entry.name,
    port: entry.port ?? 22,
    user: entry.user,
    groups: entry.groups ?? [],
    tags: entry.tags ?? [],
    ...(entry.environment === undefined ? {} : { environment: entry.environment }),
    hostKey: entry.host_key,
    knownHosts:
      entry.host_key === undefined
        ? authoredPath(entry.known_hosts ?? '~/.ssh/known_hosts', file)
        : path(entry.known_hosts),
    identityFile: path(entry.identity_file),
    agentSocket:
      path(entry.agent_socket) ?? (entry.identity_file === undefined ? process.env['SSH_AUTH_SOCK'] : undefined),
    sudo: entry.sudo ?? 'none',
    connectTimeoutMs: timeoutOf(entry, source, index),
  };
}

function timeoutOf(entry: HostEntry, source: YamlSource<InventoryFile>, index: number): number {
  if (entry.connect_timeout === undefined) return DEFAULT_CONNECT_TIMEOUT_MS;
  const ms = parseDuration(entry.connect_timeout);
  if (ms !== undefined && ms > 0) return ms;
  const own = source.value.hosts[index]?.connect_timeout !== undefined;
  throw invalid(
    source,
    own ? ['hosts', index, 'connect_timeout'] : ['defaults', 'connect_timeout'],
    `"${entry.connect_timeout}" is not a duration`,
    'Write for example 5s or 1m.',
  );
}

function invalid(
  source: YamlSource<unknown>,
  path: readonly PropertyKey[],
  message: string,
  hint: string,
): OperatorError {
  return new OperatorError('config/invalid', { message, hint, location: source.locate(path) });
}
