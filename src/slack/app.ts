import { App, LogLevel, SocketModeReceiver, webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import type { Secret } from '../base/secret.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { GroupStore } from '../engine/policy/membership.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import { boltLogger } from './bolt-logger.ts';
import { createIdentity } from './identity.ts';
import { createInFlight } from './in-flight.ts';
import { addListeners } from './listeners.ts';
import { createLiveClient } from './live-client.ts';
import { createNotifier } from './notifier.ts';
import { createAskGroup, createUserGroups } from './user-groups.ts';

/** How Slack is reached and what the bot works with. */
export interface SlackDeps {
  readonly botToken: Secret;
  readonly appToken: Secret;
  /** Only the local stand-in needs another URL than Slack's own. */
  readonly apiUrl: string | undefined;
  readonly command: string;
  /** Workspaces whose members count; undefined = the bot's own. */
  readonly teams: readonly string[] | undefined;
  readonly engine: Engine;
  readonly messages: MessageStore;
  readonly groups: GroupStore;
  readonly policy: Policy;
  readonly inventory: Inventory;
  readonly runbooks: RunbookLibrary;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The bot in Slack; disposing it closes its sockets and waits for begun work. */
export type SlackApp = AsyncDisposable;

const NOTIFY_EVERY_MS = 400;
const DRAIN_MS = 10_000;

/**
 * Two sockets, because the client is away for five seconds whenever Slack refreshes one. The retry settings apply to
 * opening sockets only: for ever, with growing pauses.
 */
const SOCKETS = 2;
const SOCKET_RETRY = { forever: true, factor: 1.3, maxTimeout: 15_000 };
/** Answers to people: few retries, because a trigger lives three seconds. */
const INTERACTIVE = { retryConfig: { retries: 1 }, timeout: 10_000 };

/** Connects the bot to Slack. Throws config/invalid when Slack refuses the tokens, slack/unreachable when it is away. */
export async function startSlackApp(deps: SlackDeps): Promise<SlackApp> {
  const { botToken, logger } = deps;
  const api = deps.apiUrl === undefined ? {} : { slackApiUrl: deps.apiUrl };
  const own = await asking('bot', () => ownIdentity(botToken, api));
  const { receivers, app } = createApp(deps, api, own);
  const { notifier, inFlight, userGroups } = wire(app, deps, own.teamId);
  const stop = async (): Promise<void> => {
    for (const receiver of receivers) await receiver.stop();
    if (!(await inFlight.drain(DRAIN_MS))) logger.warn('Slack requests were still under way at the deadline');
    await userGroups[Symbol.asyncDispose]();
    await notifier[Symbol.asyncDispose]();
  };
  try {
    for (const receiver of receivers) await asking('app', () => receiver.start());
  } catch (error) {
    await stop();
    throw error;
  }
  userGroups.serve();
  notifier.serve();
  return { [Symbol.asyncDispose]: stop };
}

interface OwnIdentity {
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
}

const AuthTest = z.object({ team_id: z.string(), user_id: z.string(), bot_id: z.string() });

/** Who the bot is. Asked before Bolt does it by itself, where a refusal would be an unhandled rejection. */
async function ownIdentity(botToken: Secret, api: { readonly slackApiUrl?: string }): Promise<OwnIdentity> {
  const client = new webApi.WebClient(botToken.reveal(), { ...api, ...INTERACTIVE, logLevel: LogLevel.ERROR });
  const { team_id, user_id, bot_id } = AuthTest.parse(await client.auth.test());
  return { teamId: team_id, botId: bot_id, botUserId: user_id };
}

/** Makes an answer of Slack's about a token something that an operator can act on. */
async function asking<T>(token: 'bot' | 'app', ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof webApi.WebAPIPlatformError) {
      throw new OperatorError('config/invalid', {
        message: `Slack refuses the ${token} token: ${cause.data.error}`,
        hint: 'Check slack.bot_token (xoxb-…), slack.app_token (xapp-…, scope connections:write) and that the app is installed.',
        cause,
      });
    }
    throw new OperatorError('slack/unreachable', {
      message: `Slack cannot be reached: ${messageOf(cause)}`,
      hint: 'Check the network and slack.api_url. Until then the command line does the same.',
      cause,
    });
  }
}

/** One app, and the receivers that feed it: the first is Bolt's own, the others are given the app. */
function createApp(deps: SlackDeps, api: { readonly slackApiUrl?: string }, { botId, botUserId }: OwnIdentity) {
  const logger = boltLogger(deps.logger);
  const createReceiver = (): SocketModeReceiver =>
    new SocketModeReceiver({
      appToken: deps.appToken.reveal(),
      logger,
      logLevel: LogLevel.ERROR,
      installerOptions: { clientOptions: { ...api, retryConfig: SOCKET_RETRY } },
    });
  const first = createReceiver();
  const others = Array.from({ length: SOCKETS - 1 }, createReceiver);
  const app = new App({
    token: deps.botToken.reveal(),
    botId,
    botUserId,
    receiver: first,
    logger,
    logLevel: LogLevel.ERROR,
    clientOptions: { ...api, ...INTERACTIVE },
  });
  for (const receiver of others) receiver.init(app);
  return { app, receivers: [first, ...others] };
}

const Zone = z.object({ user: z.object({ tz_offset: z.number() }) });

function wire(app: App, deps: SlackDeps, ownTeam: string) {
  const { engine, messages, policy, inventory, runbooks, clock, logger, command } = deps;
  const lookUp = (user: string): Promise<unknown> => app.client.users.info({ user });
  const live = createLiveClient(deps.botToken, deps.apiUrl);
  const notifier = createNotifier({
    engine,
    messages,
    policy,
    runbooks,
    live,
    clock,
    logger,
    command,
    pollMs: NOTIFY_EVERY_MS,
  });
  const inFlight = createInFlight(clock);
  const ask = createAskGroup(deps.botToken, deps.apiUrl);
  const userGroups = createUserGroups({ groups: policy.slackGroups, store: deps.groups, ask, clock, logger });
  addListeners(app, {
    engine,
    messages,
    inventory,
    runbooks,
    notifier,
    command,
    clock,
    logger,
    inFlight,
    identity: createIdentity({ lookUp, teams: deps.teams ?? [ownTeam], policy, denied: engine.denied }),
    userGroups,
    now: () => clock.now(),
    zoneOffsetMinutes: async (user) => {
      const offset = Zone.safeParse(await lookUp(user).catch(() => undefined)).data?.user.tz_offset;
      return offset === undefined ? undefined : offset / 60;
    },
  });
  return { notifier, inFlight, userGroups };
}
