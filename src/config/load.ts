import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authoredPath } from '../base/authored-path.ts';
import { parseDuration } from '../base/duration.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import { asPersonName } from '../base/ids.ts';
import type { ListenAddress } from '../base/listen-address.ts';
import { parseYaml, type YamlSource } from '../base/yaml-source.ts';
import { DEFAULT_TERMS } from '../engine/policy/terms.ts';
import type { Person } from '../engine/ports.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { parseInventory } from '../inventory/load.ts';
import { type LoadedPolicy, parsePolicy, withoutPolicy } from './policy.ts';
import { ConfigFile } from './schema.ts';
import { listenOf, type SlackConfig, slackOf } from './slack.ts';

/** Everything that can be configured, checked and with paths made absolute. */
export interface Config {
  readonly file: string;
  readonly inventory: Inventory;
  readonly runbookDirectories: readonly string[];
  readonly storePath: string;
  readonly people: readonly Person[];
  readonly slack: SlackConfig;
  /** Where liveness and readiness are told; undefined = nowhere, or beside Slack's requests. */
  readonly healthListen: ListenAddress | undefined;
  readonly policy: LoadedPolicy;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** The runbooks that come with the package. */
const PACKAGED_RUNBOOKS = fileURLToPath(new URL('../../runbooks', import.meta.url));

/** Where the configuration is looked for when none is named. */
function searchPath(): string[] {
  return [
    resolve('countersign.yaml'),
    join(homedir(), '.config/countersign/countersign.yaml'),
    '/etc/countersign/countersign.yaml',
  ];
}

/**
 * Loads the configuration from `file`, else from $COUNTERSIGN_CONFIG, else from the first place that has one.
 * Throws config/* with file:line:column.
 */
export function loadConfig(file: string | undefined = process.env['COUNTERSIGN_CONFIG'] || undefined): Config {
  const path = file === undefined ? searchPath().find(existsSync) : resolve(file);
  if (path === undefined) {
    throw new OperatorError('config/unreadable', {
      message: `there is no configuration: none of ${searchPath().join(', ')} exists`,
      hint: 'Write one as the README shows, or try everything out with "countersign demo".',
    });
  }
  return configFrom(
    path,
    parseYaml(path, readText(path, 'configuration'), ConfigFile, {
      syntax: 'config/syntax',
      invalid: 'config/invalid',
    }),
  );
}

function configFrom(file: string, source: YamlSource<ConfigFile>): Config {
  const { value } = source;
  const near = (path: string): string => authoredPath(path, file);
  const inventoryFile = near(value.inventory);
  const inventory = parseInventory(inventoryFile, readText(inventoryFile, 'inventory'));
  const people = peopleOf(source);
  const around = { people, inventory, expireAfterMs: ttlOf(source) };
  const policyFile = value.policy && near(value.policy);
  return {
    file,
    inventory,
    runbookDirectories: value.runbooks?.map(near) ?? [PACKAGED_RUNBOOKS],
    storePath: near(value.store?.path ?? 'countersign.sqlite'),
    people,
    policy: policyFile ? parsePolicy(policyFile, readText(policyFile, 'policy'), around) : withoutPolicy(around),
    slack: slackOf(source, { near, read: readText }),
    healthListen: listenOf(value.health?.listen),
    logLevel: value.log_level ?? 'info',
  };
}

function peopleOf(source: YamlSource<ConfigFile>): Person[] {
  const { people } = source.value;
  people.forEach((person, index) => {
    for (const key of ['name', 'slack', 'unix'] as const) {
      const twice = people.findIndex((other) => other[key] !== undefined && other[key] === person[key]);
      if (person[key] === undefined || twice === index) continue;
      throw new OperatorError('config/invalid', {
        message: `two people have the ${key === 'name' ? 'name' : `${key} identity`} "${person[key]}"`,
        hint: 'One person is one entry, with all their identities: that is what keeps people from approving their own proposals.',
        location: source.locate(['people', index, key]),
      });
    }
  });
  return people.map(({ name, slack, unix, roles }) => ({
    name: asPersonName(name),
    slackUserId: slack,
    unixUser: unix,
    roles,
  }));
}

function ttlOf(source: YamlSource<ConfigFile>): number {
  const text = source.value.proposals?.expire_after;
  if (text === undefined) return DEFAULT_TERMS.expireAfterMs;
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 60_000) return ms;
  throw new OperatorError('config/invalid', {
    message: `proposals.expire_after: "${text}" is not a duration of at least one minute`,
    hint: 'Write for example 30m or 1h.',
    location: source.locate(['proposals', 'expire_after']),
  });
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OperatorError('config/unreadable', {
      message: `the ${what} ${path} cannot be read: ${messageOf(cause)}`,
      hint: 'Check the path and the permissions.',
      cause,
    });
  }
}
