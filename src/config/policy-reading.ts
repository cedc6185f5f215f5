import { OperatorError } from '../base/error.ts';
import type { HostName } from '../base/ids.ts';
import { didYouMean } from '../base/near-match.ts';
import type { YamlSource } from '../base/yaml-source.ts';
import type { Person } from '../engine/ports.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { selectHosts } from '../inventory/selector.ts';
import type { PolicyFile, Words } from './policy-schema.ts';

/** What a policy is checked against. */
export interface PolicySurroundings {
  readonly people: readonly Person[];
  readonly inventory: Inventory;
  /** How long proposals wait where no rule says it. */
  readonly expireAfterMs: number;
}

/** A policy file while it is being checked. */
export interface PolicyReading extends PolicySurroundings {
  readonly source: YamlSource<PolicyFile>;
}

/** The hosts that selectors and environments name together; undefined when neither is there. */
export function hostsOf(
  reading: PolicyReading,
  { hosts, environments }: { readonly hosts?: Words | undefined; readonly environments?: Words | undefined },
  at: readonly PropertyKey[],
): ReadonlySet<HostName> | undefined {
  const selected = hosts === undefined ? undefined : selectedBy(reading, hosts, [...at, 'hosts']);
  const wanted = list(environments);
  wanted?.forEach((name, index) => {
    const known = [...new Set(reading.inventory.hosts.flatMap(({ environment }) => environment ?? []))];
    const place = Array.isArray(environments) ? ['environments', index] : ['environments'];
    if (!known.includes(name)) throw unknown(reading, [...at, ...place], `unknown environment "${name}"`, name, known);
  });
  if (selected === undefined && wanted === undefined) return undefined;
  const there = reading.inventory.hosts.filter(
    ({ name, environment }) =>
      (selected?.has(name) ?? true) &&
      (wanted === undefined || (environment !== undefined && wanted.includes(environment))),
  );
  return new Set(there.map(({ name }) => name));
}

function selectedBy(reading: PolicyReading, hosts: Words, at: readonly PropertyKey[]): ReadonlySet<HostName> {
  const selector = Array.isArray(hosts) ? hosts.join(',') : hosts;
  try {
    return new Set(selectHosts(reading.inventory, selector).map(({ name }) => name));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw invalid(reading, at, error.message, error.hint === undefined ? {} : { hint: error.hint });
  }
}

/** One word or several, as several. */
export function list(words: Words | undefined): readonly string[] | undefined {
  return typeof words === 'string' ? [words] : words;
}

/** A name in the policy that nothing has, with near matches. */
export function unknown(
  reading: PolicyReading,
  at: readonly PropertyKey[],
  message: string,
  name: string,
  known: readonly string[],
): OperatorError {
  const hint = didYouMean(name, known) ?? (known.length === 0 ? 'There are none.' : `Known: ${known.join(', ')}.`);
  return invalid(reading, at, message, { hint });
}

/** A policy that cannot be meant. */
export function invalid(
  { source }: PolicyReading,
  at: readonly PropertyKey[],
  message: string,
  { hint }: { readonly hint?: string },
): OperatorError {
  const location = source.locate(at);
  return new OperatorError('config/invalid', { message, location, ...(hint === undefined ? {} : { hint }) });
}
