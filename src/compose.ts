import { basename } from 'node:path';
import { systemClock } from './base/clock.ts';
import { systemIds } from './base/ids.ts';
import { silentLogger } from './base/logger.ts';
import { processIdentity } from './base/process-identity.ts';
import { createRedact } from './base/redact.ts';
import type { Secret } from './base/secret.ts';
import { createUnixGroups } from './base/unix-groups.ts';
import type { Config } from './config/load.ts';
import { requireKnownNames } from './config/policy.ts';
import { DEFAULT_TIMING, type EngineContext } from './engine/context.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import { shortDeadlines } from './engine/policy/deadlines.ts';
import { createMemberships } from './engine/policy/membership.ts';
import { createPolicy } from './engine/policy.ts';
import { PROBES } from './probes/registry.ts';
import { REMEDIES } from './remedies/registry.ts';
import { RULES } from './rules/registry.ts';
import { createCatalogue } from './runbook/catalogue.ts';
import { loadRunbooks } from './runbook/load.ts';
import { createSshTransport } from './ssh/transport.ts';
import { openStore } from './store/store.ts';
import { createLogger } from './telemetry/logger.ts';

/** The probes, rules and remedies that runbooks may name. */
export const CATALOGUE = createCatalogue({ probes: PROBES, rules: RULES, remedies: REMEDIES });

/** Everything that one process of the product is made of; disposed in reverse order. */
export interface Composition extends AsyncDisposable {
  readonly config: Config;
  readonly context: EngineContext;
  readonly engine: Engine;
}

/** Builds the product from its configuration. Throws config/*, runbook/* or store/* when it cannot work. */
export function compose(config: Config, options: { readonly log: boolean }): Composition {
  const { botToken, appToken, signingSecret } = config.slack;
  const redact = createRedact([botToken, appToken, signingSecret].flatMap(revealed));
  const logger = options.log ? createLogger({ level: config.logLevel, redact }) : silentLogger;
  const runbooks = loadRunbooks(config.runbookDirectories, CATALOGUE);
  requireKnownNames(config.policy.names, {
    runbooks: [
      ...runbooks.runbooks.map(({ name }) => name),
      ...runbooks.broken.map(({ file }) => basename(file).replace(/\.ya?ml$/, '')),
    ],
    remedies: [...CATALOGUE.remedies.keys()],
  });
  for (const short of shortDeadlines(config.policy.deadlines, CATALOGUE.remedies.values()))
    logger.warn('a rule of the policy leaves too little time to confirm; remedies get what they need', { ...short });
  const store = openStore(config.storePath);
  const transport = createSshTransport({ clock: systemClock, ids: systemIds, logger });
  const context: EngineContext = {
    store,
    transport,
    inventory: config.inventory,
    runbooks,
    catalogue: CATALOGUE,
    policy: createPolicy(config.people, {
      rules: config.policy.rules,
      memberships: createMemberships(store.groups),
      unixGroupsOf: createUnixGroups(systemClock),
      clock: systemClock,
    }),
    clock: systemClock,
    ids: systemIds,
    redact,
    logger,
    timing: DEFAULT_TIMING,
    owner: processIdentity(),
  };
  const engine = createEngine(context);
  return {
    config,
    context,
    engine,
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

function revealed(secret: Secret | undefined): string[] {
  return secret ? [secret.reveal()] : [];
}
