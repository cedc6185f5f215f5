/*
 * The app as Slack knows it (docs.slack.dev/reference/app-manifest). The file under docs/ is generated from this, the
 * listeners take their names from here, and "slack check" compares what was granted with it.
 */

/** Where Slack posts commands, clicks and events when it does not use sockets. */
export const EVENTS_PATH = '/slack/events';

/** The callback of the message shortcut. */
export const SHOW_RUN = 'show_run';

/** The events that the bot listens to. */
const BOT_EVENTS = ['app_home_opened'] as const;

/** Something that the bot may be granted. */
export interface BotScope {
  readonly name: string;
  /** What it is for, in a few words. */
  readonly why: string;
  /** What does not work without it; a full sentence. */
  readonly without: string;
  /** Whether the bot cannot do its work without it. */
  readonly isNeeded: boolean;
}

/** What the bot asks for. */
export const BOT_SCOPES: readonly BotScope[] = [
  needed('commands', 'the slash command and the shortcut', 'There is no slash command and no message shortcut.'),
  needed('chat:write', 'the message of a run and of a proposal', 'Nothing can be shown in Slack.'),
  needed('files:write', 'raw output in the thread', 'Evidence, raw output and long plans are not attached.'),
  needed(
    'users:read',
    'who clicked: member, guest, deactivated, other workspace',
    'Everybody is refused, because Slack does not say who they are.',
  ),
  needed(
    'channels:read',
    'whether a channel is shared with another organisation',
    'Nothing can be run or approved in public channels, because they might be shared with another organisation.',
  ),
  needed(
    'groups:read',
    'the same for private channels',
    'Nothing can be run or approved in private channels, because they might be shared with another organisation.',
  ),
  optional('im:write', 'tells approvers of what waits for them', 'Approvers are not told in direct messages.'),
  optional(
    'usergroups:read',
    'who is in a user group, when the policy names one',
    'Roles that the policy gives to Slack user groups count for nobody.',
  ),
  optional(
    'channels:history',
    'finds a message that was posted just before a crash, in public channels',
    'A message that was posted just before a crash may appear twice in public channels.',
  ),
  optional('groups:history', 'the same in private channels', 'The same may happen in private channels.'),
  optional('im:history', 'the same in direct messages', 'The same may happen in direct messages.'),
];

function needed(name: string, why: string, without: string): BotScope {
  return { name, why, without, isNeeded: true };
}

function optional(name: string, why: string, without: string): BotScope {
  return { name, why, without, isNeeded: false };
}

/** What differs between apps. */
export interface ManifestOptions {
  readonly command: string;
  /** Where Slack reaches the bot with HTTPS; undefined = Socket Mode, which needs no address. */
  readonly url: string | undefined;
}

/** The manifest as YAML, with what each scope is for. */
export function renderManifest({ command, url }: ManifestOptions): string {
  const requests = url === undefined ? undefined : requestUrl(url);
  return `${[
    ...introduction(requests),
    'display_information:',
    '  name: Countersign',
    '  description: Runbooks in Slack, over SSH, with a second pair of eyes',
    ...features(command, requests),
    'oauth_config:',
    '  scopes:',
    '    bot:',
    ...scopes(true),
    '    bot_optional:',
    ...scopes(false),
    ...settings(requests),
  ].join('\n')}\n`;
}

/** The Request URL below an address; one that names the path already stays as it is. */
function requestUrl(url: string): string {
  const plain = url.replace(/\/+$/, '');
  return plain.endsWith(EVENTS_PATH) ? plain : plain + EVENTS_PATH;
}

function introduction(requests: string | undefined): readonly string[] {
  const start = '# The Slack app that Countersign runs as: api.slack.com/apps, "Create New App", "From a manifest".';
  const after =
    requests === undefined
      ? [
          '# Socket Mode: no public address. After creating the app, make an app-level token with the scope connections:write',
          '# (xapp-…) and install the app to the workspace (xoxb-…).',
        ]
      : [
          '# HTTP: Slack posts signed requests. After creating the app, take the signing secret from "Basic Information" and',
          '# install the app to the workspace (xoxb-…). Start the bot first: Slack asks the address whether it answers.',
        ];
  return [start, ...after, '# "countersign slack check" then tells what is missing.'];
}

function features(command: string, requests: string | undefined): readonly string[] {
  return [
    'features:',
    '  bot_user:',
    '    display_name: countersign',
    '    always_online: true',
    '  app_home:',
    '    home_tab_enabled: true # what runs, what waits for you',
    '    messages_tab_enabled: true # direct messages work as channels do',
    '    messages_tab_read_only_enabled: false',
    '  slash_commands:',
    `    - command: ${command}`,
    ...(requests === undefined ? [] : [`      url: ${requests}`]),
    '      description: Run a runbook on hosts',
    '      usage_hint: run NAME on HOSTS',
    '      should_escape: false # a selector such as @web must arrive as it was typed',
    '  shortcuts:',
    '    - name: Show run',
    '      type: message',
    `      callback_id: ${SHOW_RUN}`,
    '      description: Show the run that a message is about',
  ];
}

function scopes(isNeeded: boolean): readonly string[] {
  return BOT_SCOPES.filter((scope) => scope.isNeeded === isNeeded).map(({ name, why }) => `      - ${name} # ${why}`);
}

function settings(requests: string | undefined): readonly string[] {
  const address = requests === undefined ? [] : [`    request_url: ${requests}`];
  return [
    'settings:',
    '  event_subscriptions:',
    ...address,
    '    bot_events:',
    ...BOT_EVENTS.map((event) => `      - ${event}`),
    '  interactivity:',
    '    is_enabled: true # buttons, dialogs, the shortcut',
    ...address,
    '  org_deploy_enabled: false',
    `  socket_mode_enabled: ${requests === undefined}`,
    '  token_rotation_enabled: false',
  ];
}
