import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { CheckItem } from './base/check-item.ts';
import { systemClock } from './base/clock.ts';
import { OperatorError } from './base/error.ts';
import { systemIds } from './base/ids.ts';
import type { CliDeps, GeneratedFile, Session } from './cli/deps.ts';
import { createOutput } from './cli/output.ts';
import { CATALOGUE, type Composition, compose } from './compose.ts';
import { type Config, loadConfig } from './config/load.ts';
import type { Asker } from './engine/asker.ts';
import { hostRights } from './engine/host-rights.ts';
import { runbookJsonSchema } from './runbook/json-schema.ts';
import { loadRunbooks } from './runbook/load.ts';
import { renderManifest } from './slack/manifest.ts';
import { createHostKeys } from './ssh/host-key-desk.ts';

/** The version of this package. */
export const VERSION: string = readVersion();

/** What the local stand-in tells somebody who starts the bot without tokens. */
const WELCOME = [
  'This is a local stand-in for Slack: no tokens are configured. Type:',
  '/runbook help',
  '/runbook list',
];

/** What the command line needs of the program. */
export function createCliDeps(signal: AbortSignal): CliDeps {
  const output = createOutput({ out: process.stdout, err: process.stderr, input: process.stdin });
  return {
    output,
    signal,
    now: () => systemClock.now(),
    openSession: async (config) => openSession(loadConfig(config)),
    loadInventory: (config) => loadConfig(config).inventory,
    loadRunbooks: (paths, config) => loadRunbooks(paths ?? runbookDirectories(config), CATALOGUE),
    hostRights: ({ runbooks }) => hostRights(runbooks, CATALOGUE),
    hostKeys: createHostKeys({ clock: systemClock, ids: systemIds }),
    generate: generateFiles,
    checkSlack: async (config) => checkSlack(loadConfig(config)),
    slackManifest: renderManifest,
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
    asker: (wish, subject) => unixAsker(composition, wish, subject),
    [Symbol.asyncDispose]: () => composition[Symbol.asyncDispose](),
  };
}

/** The person behind the Unix user. Root that came by sudo is whoever called sudo: only root can claim that. */
async function unixAsker({ context, engine }: Composition, wish: string, subject: string): Promise<Asker> {
  const { username, uid } = userInfo();
  const user = uid === 0 ? (process.env['SUDO_USER'] ?? username) : username;
  const person = context.policy.byUnixUser(user);
  if (person) return { person: person.name, surface: 'cli' };
  const because = new OperatorError('policy/unknown-person', {
    message: `the Unix user ${user} is not among the configured people`,
    hint: `Add "unix: ${user}" to a person under "people:" in the configuration.`,
  });
  await engine.denied({ identity: `unix:${user}`, surface: 'cli', subject, wish, because });
  throw because;
}

/** Runbooks can be looked at without a configuration: those that come with the package. */
function runbookDirectories(config: string | undefined): readonly string[] {
  try {
    return loadConfig(config).runbookDirectories;
  } catch (error) {
    if (config === undefined && error instanceof OperatorError && error.code === 'config/unreadable')
      return [packagePath('runbooks')];
    throw error;
  }
}

/** What is meant for Slack, compared with what Slack says. */
async function checkSlack({ slack, people, policy }: Config): Promise<readonly CheckItem[]> {
  const { checkSlackApp } = await import('./slack/self-check.ts');
  const groups = new Set([...policy.rules.roles.values()].flatMap(({ slackGroups }) => slackGroups));
  return checkSlackApp({ ...slack, people, groups: [...groups], breakGlassChannel: policy.rules.breakGlass?.channel });
}

function generateFiles(check: boolean): GeneratedFile[] {
  const files = {
    'runbooks/schema.json': `${JSON.stringify(runbookJsonSchema(CATALOGUE), null, 2)}\n`,
    'docs/slack-app-manifest.yaml': renderManifest({ command: '/runbook', url: undefined }),
  };
  return Object.entries(files).map(([name, wanted]) => {
    const path = packagePath(name);
    const current = existsSync(path) && readFileSync(path, 'utf8') === wanted;
    if (!current && !check) writeFileSync(path, wanted);
    return { path: name, current };
  });
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

function packagePath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
