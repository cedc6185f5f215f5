import { systemClock } from './base/clock.ts';
import { createDisposal, type Disposal } from './base/disposal.ts';
import { OperatorError } from './base/error.ts';
import { systemIds } from './base/ids.ts';
import { Secret } from './base/secret.ts';
import type { Output } from './cli/deps.ts';
import { type Composition, compose } from './compose.ts';
import type { Config } from './config/load.ts';
import { formatHead } from './engine/audit-chain.ts';
import type { Policy } from './engine/policy.ts';
import type { Person } from './engine/ports.ts';
import { startSlackApp } from './slack/app.ts';

/** How the local stand-in for Slack is shown when there are no tokens. */
export interface SandboxSetting {
  readonly port: number;
  /** Lines for a newcomer; a line that starts with `/` can be clicked. */
  readonly welcome: readonly string[];
}

interface SlackAccess {
  readonly botToken: Secret;
  readonly appToken: Secret;
  readonly apiUrl: string | undefined;
}

/** Runs the bot until `signal` is aborted, then stops it in order: Slack first, then the engine, then the store. */
export async function runBot(
  config: Config,
  output: Output,
  signal: AbortSignal,
  sandbox: SandboxSetting,
): Promise<void> {
  await using disposal = createDisposal();
  const access = slackAccess(config);
  const people = access ? config.people : withSandboxIdentities(config.people);
  const composition = disposal.use(compose({ ...config, people }, { log: true }));
  warnOfBrokenRunbooks(composition, output);
  const { command } = config.slack;
  const slack = access ?? (await localSlack(disposal, composition, people, command, sandbox, output));
  const { engine, context } = composition;
  disposal.use(
    await startSlackApp({
      ...slack,
      command,
      teams: config.slack.teams,
      engine,
      messages: context.store.messages,
      groups: context.store.groups,
      policy: context.policy,
      inventory: context.inventory,
      runbooks: context.runbooks,
      clock: context.clock,
      logger: context.logger,
    }),
  );
  engine.serve();
  await logAuditHead(composition);
  output.line('Ready. Ctrl-C stops it.');
  await aborted(signal);
  output.line('Stopping.');
  await logAuditHead(composition);
}

/** A log that is kept elsewhere is what shows entries missing at the end of the audit chain: `audit verify --expect`. */
async function logAuditHead({ engine, context }: Composition): Promise<void> {
  context.logger.info('the audit chain ends here', { head: formatHead(await engine.auditHead()) });
}

/** Both tokens, or none named; anything else is a mistake that must not end in a local page nobody looks at. */
function slackAccess({ slack, file }: Config): SlackAccess | undefined {
  const { botToken, appToken, apiUrl, tokensNamed } = slack;
  if (botToken && appToken) return { botToken, appToken, apiUrl };
  if (!tokensNamed) return undefined;
  const missing = [
    ...(botToken ? [] : ['slack.bot_token (xoxb-…)']),
    ...(appToken ? [] : ['slack.app_token (xapp-…)']),
  ];
  throw new OperatorError('config/invalid', {
    message: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set`,
    hint: 'Set what the configuration names for them; or remove both from it for the local stand-in.',
    location: { file, line: 1, column: 1 },
  });
}

function withSandboxIdentities(people: readonly Person[]): Person[] {
  return people.map((person, index) => ({ ...person, slackUserId: person.slackUserId ?? `U0LOCAL${index + 1}` }));
}

async function localSlack(
  disposal: Disposal,
  { context }: Composition,
  people: readonly Person[],
  command: string,
  { port, welcome }: SandboxSetting,
  output: Output,
): Promise<SlackAccess> {
  const { startSandbox } = await import('./sandbox/sandbox.ts');
  const { DEFAULT_CHANNELS } = await import('./sandbox/workspace/directory.ts');
  const { policy } = context;
  const sandbox = disposal.use(
    await startSandbox({
      port,
      clock: systemClock,
      ids: systemIds,
      logger: context.logger,
      botName: 'countersign',
      command: { name: command, usageHint: 'run NAME on HOSTS', description: 'Run a runbook on hosts' },
      members: [
        ...people.map(({ name, slackUserId = '', roles }) => ({
          id: slackUserId,
          name,
          realName: `${name} (${roles.join(', ')})`,
        })),
        { id: 'U0GUEST', name: 'guest', realName: 'guest of the workspace', isRestricted: true },
      ],
      userGroups: localGroups(policy),
      channels: [...DEFAULT_CHANNELS, ...localChannels(policy, DEFAULT_CHANNELS)],
      suggestions: suggestionsFor(context.runbooks.runbooks, command),
      welcome,
    }),
  );
  output.line(`Local Slack: ${sandbox.url}`);
  return {
    botToken: new Secret(sandbox.botToken),
    appToken: new Secret(sandbox.appToken),
    apiUrl: sandbox.slackApiUrl,
  };
}

/** The user groups that the policy names; in the stand-in whoever may approve is in all of them. */
function localGroups({ slackGroups, people }: Policy) {
  const members = people.flatMap(({ slackUserId, roles }) =>
    slackUserId !== undefined && roles.includes('approve') ? [slackUserId] : [],
  );
  return slackGroups.map((id) => ({ id, handle: id.toLowerCase(), name: `group ${id} of the policy`, members }));
}

/** The channel in which broken glass is announced, where the stand-in has none of this id. */
function localChannels({ breakGlassChannel: id }: Policy, there: readonly { readonly id: string }[]) {
  if (id === undefined || there.some((channel) => channel.id === id)) return [];
  return [{ id, name: 'break-glass', topic: 'Changes that were made without the approvals they lacked' }];
}

function suggestionsFor(runbooks: readonly { readonly name: string; readonly title: string }[], command: string) {
  return [
    ...runbooks.map(({ name, title }) => ({ usage: `${command} run ${name} on @web`, description: title })),
    { usage: `${command} status`, description: 'What runs and what waits' },
    { usage: `${command} history`, description: 'What ran and what came of it' },
    { usage: `${command} list`, description: 'The runbooks and their params' },
    { usage: `${command} help`, description: 'All subcommands' },
  ];
}

function warnOfBrokenRunbooks({ context }: Composition, output: Output): void {
  for (const { file, problems } of context.runbooks.broken) {
    output.problem(`${file} cannot run: ${problems[0]?.message ?? 'broken'} (countersign lint shows everything)`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
