import { systemClock } from './base/clock.ts';
import type { Disposal } from './base/disposal.ts';
import { systemIds } from './base/ids.ts';
import { Secret } from './base/secret.ts';
import type { Output } from './cli/deps.ts';
import type { Composition } from './compose.ts';
import type { Policy } from './engine/policy.ts';
import type { Person } from './engine/ports.ts';
import type { DeliverySetting } from './slack/app.ts';
import type { Inventory } from './inventory/inventory.ts';
import { SHOW_RUN } from './slack/manifest.ts';

/** How the local stand-in for Slack is shown when there are no tokens. */
export interface SandboxSetting {
  readonly port: number;
  /** Lines for a newcomer; a line that starts with `/` can be clicked. */
  readonly welcome: readonly string[];
}

/** Where Slack is and what it lets in. */
export interface SlackAccess {
  readonly botToken: Secret;
  readonly deliveries: DeliverySetting;
  readonly apiUrl: string | undefined;
}

/** People whose Slack identities are made up where they have none: on the stand-in everybody can act. */
export function withLocalIdentities(people: readonly Person[]): Person[] {
  return people.map((person, index) => ({ ...person, slackUserId: person.slackUserId ?? `U0LOCAL${index + 1}` }));
}

/** What the stand-in shows, and where. */
interface LocalSlackDeps {
  readonly disposal: Disposal;
  readonly composition: Composition;
  readonly people: readonly Person[];
  readonly command: string;
  readonly output: Output;
}

/** Starts the local stand-in for Slack and says where its page is. Throws config/port-in-use. */
export async function startLocalSlack(
  { port, welcome }: SandboxSetting,
  { disposal, composition, people, command, output }: LocalSlackDeps,
): Promise<SlackAccess> {
  const { startSandbox } = await import('./sandbox/sandbox.ts');
  const { DEFAULT_CHANNELS } = await import('./sandbox/workspace/directory.ts');
  const { context } = composition;
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
      shortcuts: [{ callbackId: SHOW_RUN, name: 'Show run', type: 'message' }],
      suggestions: suggestionsFor(context.runbooks.runbooks, command),
      words: [...hostWords(context.inventory), ...runbookWords(context.runbooks.runbooks)],
      welcome,
    }),
  );
  output.line(`Local Slack: ${sandbox.url}`);
  return {
    botToken: new Secret(sandbox.botToken),
    deliveries: { mode: 'socket', appToken: new Secret(sandbox.appToken) },
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

/** Groups and hosts, as a command takes them. */
function hostWords({ hosts, groups }: Inventory) {
  const inGroup = (group: string): number => hosts.filter((host) => host.groups.includes(group)).length;
  return [
    ...groups.map((group) => ({ usage: `@${group}`, description: `group, hosts: ${inGroup(group)}` })),
    ...hosts.map(({ name }) => ({ usage: name, description: 'host' })),
  ];
}

function runbookWords(runbooks: readonly { readonly name: string; readonly title: string }[]) {
  return runbooks.map(({ name, title }) => ({ usage: name, description: title }));
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
