import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemClock } from './base/clock.ts';
import { OperatorError } from './base/error.ts';
import { systemIds } from './base/ids.ts';
import { silentLogger } from './base/logger.ts';
import { processIdentity } from './base/process-identity.ts';
import { createRedact } from './base/redact.ts';
import type { Secret } from './base/secret.ts';
import type { CliDeps, GeneratedFile, Session } from './cli/deps.ts';
import { createOutput } from './cli/output.ts';
import { type Config, loadConfig } from './config/load.ts';
import { DEFAULT_TIMING, type EngineContext } from './engine/context.ts';
import { type Asker, createEngine, type Engine } from './engine/engine.ts';
import { createPolicy } from './engine/policy.ts';
import { PROBES } from './probes/registry.ts';
import { REMEDIES } from './remedies/registry.ts';
import { RULES } from './rules/registry.ts';
import { createCatalogue } from './runbook/catalogue.ts';
import { runbookJsonSchema } from './runbook/json-schema.ts';
import { loadRunbooks } from './runbook/load.ts';
import { createSshTransport } from './ssh/transport.ts';
import { openStore } from './store/store.ts';
import { createLogger } from './telemetry/logger.ts';

/** The version of this package. */
export const VERSION: string = readVersion();

const CATALOGUE = createCatalogue({ probes: PROBES, rules: RULES, remedies: REMEDIES });

/** What the local stand-in tells somebody who starts the bot without tokens. */
const WELCOME = ['This is a local stand-in for Slack: no tokens are configured. Type:', '/runbook help', '/runbook list'];

/** Everything that one process of the product is made of; disposed in reverse order. */
export interface Composition extends AsyncDisposable {
  readonly config: Config;
  readonly context: EngineContext;
  readonly engine: Engine;
}

/** Builds the product from its configuration. Throws config/*, runbook/* or store/* when it cannot work. */
export function compose(config: Config, options: { readonly log: boolean }): Composition {
  const redact = createRedact([config.slack.botToken, config.slack.appToken].flatMap(revealed));
  const logger = options.log ? createLogger({ level: config.logLevel, redact }) : silentLogger;
  const store = openStore(config.storePath);
  const transport = createSshTransport({ clock: systemClock, ids: systemIds, logger });
  const context: EngineContext = {
    store,
    transport,
    inventory: config.inventory,
    runbooks: loadRunbooks(config.runbookDirectories, CATALOGUE),
    catalogue: CATALOGUE,
    policy: createPolicy(config.people),
    clock: systemClock,
    ids: systemIds,
    redact,
    logger,
    timing: { ...DEFAULT_TIMING, proposalTtlMs: config.proposalTtlMs },
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

/** What the command line needs of the program. */
export function createCliDeps(signal: AbortSignal): CliDeps {
  const output = createOutput({ out: process.stdout, err: process.stderr, input: process.stdin });
  return {
    output,
    signal,
    now: () => systemClock.now(),
    openSession: async (config) => openSession(loadConfig(config)),
    loadRunbooks: (directories, config) => loadRunbooks(directories ?? runbookDirectories(config), CATALOGUE),
    generate: generateFiles,
    start: async ({ config, port }) => {
      const { runBot } = await import('./bot.ts');
      await runBot(loadConfig(config), output, signal, { port, welcome: WELCOME });
    },
    demo: async (options) => {
      const { runDemo } = await import('./demo.ts');
      await runDemo(options, output, signal);
    },
    lab: async (id) => {
      const { createLabCommands } = await import('./lab-commands.ts');
      return createLabCommands(id);
    },
  };
}

function openSession(config: Config): Session {
  const composition = compose(config, { log: false });
  const { context, engine } = composition;
  return {
    engine,
    inventory: context.inventory,
    runbooks: context.runbooks,
    asker: () => unixAsker(context),
    [Symbol.asyncDispose]: () => composition[Symbol.asyncDispose](),
  };
}

/** The person behind the Unix user. Root that came by sudo is whoever called sudo: only root can claim that. */
function unixAsker(context: EngineContext): Asker {
  const { username, uid } = userInfo();
  const user = uid === 0 ? (process.env['SUDO_USER'] ?? username) : username;
  const person = context.policy.byUnixUser(user);
  if (person) return { person: person.name, surface: 'cli' };
  throw new OperatorError('policy/unknown-person', {
    message: `the Unix user ${user} is not among the configured people`,
    hint: `Add "unix: ${user}" to a person under "people:" in the configuration.`,
  });
}

/** Runbooks can be looked at without a configuration: those that come with the package. */
function runbookDirectories(config: string | undefined): readonly string[] {
  try {
    return loadConfig(config).runbookDirectories;
  } catch (error) {
    if (config === undefined && error instanceof OperatorError && error.code === 'config/unreadable') return [packagePath('runbooks')];
    throw error;
  }
}

function generateFiles(check: boolean): GeneratedFile[] {
  const path = packagePath('runbooks/schema.json');
  const wanted = `${JSON.stringify(runbookJsonSchema(CATALOGUE), null, 2)}\n`;
  const current = existsSync(path) && readFileSync(path, 'utf8') === wanted;
  if (!current && !check) writeFileSync(path, wanted);
  return [{ path: 'runbooks/schema.json', current }];
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}

function packagePath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function revealed(secret: Secret | undefined): string[] {
  return secret ? [secret.reveal()] : [];
}
