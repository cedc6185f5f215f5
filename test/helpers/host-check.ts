import { asHostName } from '../../src/base/ids.ts';
import { CHECK_IDS, type Check, type HostCheck, type HostChecks } from '../../src/engine/host-check/model.ts';

/** A look at hosts with these outcomes. */
export function testHostCheck(hosts: readonly HostChecks[], selector = '@web'): HostCheck {
  return { selector, hosts, durationMs: 1200 };
}

/** A host on which everything works, but for these checks; each shows an address and a key of its own. */
export function checkedHost(
  name: string,
  changes: Readonly<Partial<Record<Check['id'], Partial<Check>>>> = {},
): HostChecks {
  const checks = CHECK_IDS.map(
    (id): Check => ({
      id,
      state: 'ok',
      saw: `The ${id} works.`,
      detail: id === 'reachable' ? `192.0.2.1 port 22 as ${name}, 3 ms` : null,
      todo: null,
      items: [],
      ...changes[id],
    }),
  );
  const states = checks.map(({ state }) => state);
  const state = states.includes('failed') ? 'failed' : states.includes('warning') ? 'warning' : 'ok';
  return { host: asHostName(name), state, checks };
}
