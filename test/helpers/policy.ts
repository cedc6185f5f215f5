import { asHostName, asPersonName } from '../../src/base/ids.ts';
import { parsePolicy } from '../../src/config/policy.ts';
import { createPolicy, type Policy, type PolicyDeps } from '../../src/engine/policy.ts';
import type { Person } from '../../src/engine/ports.ts';
import { createInventory, type Inventory } from '../../src/inventory/inventory.ts';
import { testPerson } from './change.ts';
import { testHost } from './sshd.ts';

/** Hosts in production (`web-1`, `web-2`, `db-1`) and in staging (`stage-1`). */
export const POLICY_HOSTS: Inventory = createInventory([
  testHost({ name: asHostName('web-1'), groups: ['web'], environment: 'production' }),
  testHost({ name: asHostName('web-2'), groups: ['web'], environment: 'production' }),
  testHost({ name: asHostName('db-1'), groups: ['db'], environment: 'production' }),
  testHost({ name: asHostName('stage-1'), groups: ['web'], environment: 'staging' }),
]);

/** Everybody may run and approve as far as built-in roles go, but eve, who has none. */
export const POLICY_PEOPLE: readonly Person[] = [
  ...['ada', 'bob', 'cem', 'dan'].map((name) => testPerson(name, 'run', 'approve')),
  testPerson('eve'),
];

/** The policy that a file of these lines makes. */
export function testPolicy(yaml: string, deps: Omit<PolicyDeps, 'rules'> = {}): Policy {
  const around = { people: POLICY_PEOPLE, inventory: POLICY_HOSTS, expireAfterMs: 3_600_000 };
  return createPolicy(POLICY_PEOPLE, { ...deps, rules: parsePolicy('policy.yaml', yaml, around).rules });
}

/** The code of what `work` throws; undefined when it throws nothing. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** The names of these people. */
export function namesOf(people: readonly Person[]): string[] {
  return people.map(({ name }) => asPersonName(name));
}
