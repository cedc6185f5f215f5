import { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { CheckItem } from '../base/check-item.ts';
import { messageOf } from '../base/error.ts';
import type { ListenAddress } from '../base/listen-address.ts';
import type { Secret } from '../base/secret.ts';
import type { Person } from '../engine/ports.ts';
import { slackApi } from './api-client.ts';
import { BOT_SCOPES } from './manifest.ts';
import { checkListen } from './self-check/listening.ts';
import { checkMembers, type MembersDeps } from './self-check/members.ts';
import { checkSecrets } from './self-check/secrets.ts';

/** The app and the workspace as the configuration means them. */
export interface SelfCheckDeps {
  readonly mode: 'socket' | 'http';
  readonly botToken: Secret | undefined;
  readonly appToken: Secret | undefined;
  readonly signingSecret: Secret | undefined;
  readonly listen: ListenAddress;
  readonly apiUrl: string | undefined;
  readonly command: string;
  readonly teams: readonly string[] | undefined;
  readonly people: readonly Person[];
  /** The user groups that the policy names. */
  readonly groups: readonly string[];
  readonly breakGlassChannel: string | undefined;
}

const TIMEOUT_MS = 10_000;

const AuthTest = z.object({
  team: z.string(),
  team_id: z.string(),
  user: z.string(),
  user_id: z.string(),
  response_metadata: z.object({ scopes: z.array(z.string()).optional() }).optional(),
});

/**
 * Looks at everything at once that a real workspace needs, changes nothing, and leaves no socket open. What Slack does
 * not answer is an item too; it never rejects for that.
 */
export async function checkSlackApp(deps: SelfCheckDeps): Promise<readonly CheckItem[]> {
  const secrets = checkSecrets(deps);
  const client = deps.botToken && clientOf(deps.botToken, deps.apiUrl);
  const [bot, deliveries] = await Promise.all([checkBot(deps, client), checkDeliveries(deps)]);
  return [...secrets, ...bot, ...deliveries, ...byHand(deps)];
}

function clientOf(token: Secret, apiUrl: string | undefined): webApi.WebClient {
  return new webApi.WebClient(token.reveal(), {
    timeout: TIMEOUT_MS,
    retryConfig: { retries: 1 },
    logLevel: webApi.LogLevel.ERROR,
    ...slackApi(apiUrl),
  });
}

async function checkBot(deps: SelfCheckDeps, client: webApi.WebClient | undefined): Promise<readonly CheckItem[]> {
  if (!client) return [notAsked('it is not set')];
  let self: z.output<typeof AuthTest>;
  try {
    self = AuthTest.parse(await client.auth.test());
  } catch (error) {
    const words = `Slack does not take it: ${slackError(error)}`;
    const hint =
      'Install the app to the workspace again and take the "Bot User OAuth Token" from "OAuth & Permissions".';
    return [{ what: 'bot', state: 'missing', words, hint }, notAsked('it does not work')];
  }
  const members: MembersDeps = {
    client,
    people: deps.people,
    teams: deps.teams ?? [self.team_id],
    errorOf: slackError,
  };
  return [
    {
      what: 'bot',
      state: 'ok',
      words: `@${self.user} (${self.user_id}) in the workspace ${self.team} (${self.team_id})`,
    },
    ...checkTeams(deps.teams, self),
    ...checkScopes(self.response_metadata?.scopes, deps.groups),
    ...(await checkMembers({ ...members, groups: deps.groups, breakGlassChannel: deps.breakGlassChannel })),
  ];
}

function notAsked(why: string): CheckItem {
  const words = `not asked, because the bot token cannot be used: ${why}`;
  return { what: 'scopes, people, groups, channels', state: 'unknown', words };
}

function checkTeams(teams: readonly string[] | undefined, self: { readonly team_id: string }): readonly CheckItem[] {
  if (teams === undefined || teams.includes(self.team_id)) return [];
  const words = `slack.teams names ${teams.join(', ')}, but the bot is in ${self.team_id}`;
  return [
    { what: 'workspace', state: 'missing', words, hint: `Add ${self.team_id} to slack.teams, or remove slack.teams.` },
  ];
}

/** Slack names what a token may do with every answer, in x-oauth-scopes. */
function checkScopes(granted: readonly string[] | undefined, groups: readonly string[]): readonly CheckItem[] {
  if (granted === undefined) return [{ what: 'scopes', state: 'unknown', words: 'Slack did not say what was granted' }];
  const lacking = BOT_SCOPES.filter(({ name }) => !granted.includes(name));
  if (lacking.length === 0) return [{ what: 'scopes', state: 'ok', words: 'all that the manifest asks for' }];
  return lacking.map(({ name, without, isNeeded }) => ({
    what: `scope ${name}`,
    state: isNeeded || (name === 'usergroups:read' && groups.length > 0) ? 'missing' : 'absent',
    words: `it was not granted. ${without}`,
    hint: 'Add it under "OAuth & Permissions" and install the app again.',
  }));
}

async function checkDeliveries(deps: SelfCheckDeps): Promise<readonly CheckItem[]> {
  if (deps.mode === 'http') return [await checkListen(deps.listen)];
  if (!deps.appToken) return [];
  try {
    // What comes back is an address that works once; unless somebody connects to it, no socket is opened.
    await clientOf(deps.appToken, deps.apiUrl).apps.connections.open({});
    return [{ what: 'Socket Mode', state: 'ok', words: 'a connection may be opened' }];
  } catch (error) {
    return [
      {
        what: 'Socket Mode',
        state: 'missing',
        words: `Slack opens no connection: ${slackError(error)}`,
        hint: 'The app-level token needs the scope connections:write, and Socket Mode has to be enabled in the app.',
      },
    ];
  }
}

/** What Slack tells nobody who has only a bot token. */
function byHand({ command, mode }: SelfCheckDeps): readonly CheckItem[] {
  const away = mode === 'http' ? 'the Request URL does not lead to a running bot' : 'no bot is running';
  return [
    {
      what: 'slash command',
      state: 'unknown',
      words: 'Slack does not tell an app about its own commands',
      hint: `Start the bot and type ${command} help. "${command} is not a valid command" means that the app lacks the command; "dispatch_failed", that ${away}; "operation_timeout", that the bot did not answer within 3 s.`,
    },
    {
      what: 'interactivity and App Home',
      state: 'unknown',
      words: 'Slack does not tell an app about these settings',
      hint: 'Type the command alone: a dialog has to open, and what you choose in it has to change it; else turn on "Interactivity & Shortcuts". Open the app in Slack: if its Home tab is missing or stays empty, turn on the Home tab and subscribe to app_home_opened.',
    },
  ];
}

/** Slack's word for what is wrong, or what kept it from being asked. */
function slackError(error: unknown): string {
  if (error instanceof webApi.WebAPIPlatformError) {
    const { needed } = z.object({ needed: z.string().optional() }).catch({}).parse(error.data);
    return needed === undefined ? error.data.error : `${error.data.error} (needed: ${needed})`;
  }
  return messageOf(error);
}
