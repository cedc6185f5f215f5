import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Secret } from '../base/secret.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import { boltLogger } from './bolt-logger.ts';
import { createIdentity } from './identity.ts';
import { createInFlight } from './in-flight.ts';
import { addListeners } from './listeners.ts';
import { createLiveClient } from './live-client.ts';
import { createNotifier } from './notifier.ts';

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

/** Connects the bot to Slack. Rejects when Slack refuses the tokens. */
export async function startSlackApp(deps: SlackDeps): Promise<SlackApp> {
  const api = deps.apiUrl === undefined ? {} : { slackApiUrl: deps.apiUrl };
  const logger = boltLogger(deps.logger);
  const receivers = Array.from({ length: SOCKETS }, () => {
    return new SocketModeReceiver({
      appToken: deps.appToken.reveal(),
      logger,
      logLevel: LogLevel.ERROR,
      installerOptions: { clientOptions: { ...api, retryConfig: SOCKET_RETRY } },
    });
  });
  const [first, ...others] = receivers;
  if (!first) throw new Error('at least one socket is needed');
  const app = new App({
    token: deps.botToken.reveal(),
    receiver: first,
    logger,
    logLevel: LogLevel.ERROR,
    clientOptions: { ...api, ...INTERACTIVE },
  });
  const parts = await wire(app, deps);
  for (const receiver of others) receiver.init(app);
  for (const receiver of receivers) await receiver.start();
  parts.notifier.serve();
  return {
    [Symbol.asyncDispose]: async () => {
      for (const receiver of receivers) await receiver.stop();
      if (!(await parts.inFlight.drain(DRAIN_MS)))
        deps.logger.warn('Slack requests were still under way at the deadline');
      await parts.notifier[Symbol.asyncDispose]();
    },
  };
}

const AuthTest = z.object({ team_id: z.string() });
const Zone = z.object({ user: z.object({ tz_offset: z.number() }) });

async function wire(app: App, deps: SlackDeps) {
  const { engine, messages, policy, inventory, runbooks, clock, logger, command } = deps;
  const own = AuthTest.parse(await app.client.auth.test());
  const lookUp = (user: string): Promise<unknown> => app.client.users.info({ user });
  const notifier = createNotifier({
    engine,
    messages,
    policy,
    runbooks,
    live: createLiveClient(deps.botToken, deps.apiUrl),
    clock,
    logger,
    pollMs: NOTIFY_EVERY_MS,
  });
  const inFlight = createInFlight(clock);
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
    identity: createIdentity({ lookUp, teams: deps.teams ?? [own.team_id], policy }),
    now: () => clock.now(),
    zoneOffsetMinutes: async (user) => {
      const offset = Zone.safeParse(await lookUp(user).catch(() => undefined)).data?.user.tz_offset;
      return offset === undefined ? undefined : offset / 60;
    },
  });
  return { notifier, inFlight };
}
