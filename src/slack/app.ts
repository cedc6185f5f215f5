import { App, LogLevel } from '@slack/bolt';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Condition } from '../base/condition.ts';
import { messageOf } from '../base/error.ts';
import type { ListenAddress } from '../base/listen-address.ts';
import type { Logger } from '../base/logger.ts';
import type { Secret } from '../base/secret.ts';
import type { Engine } from '../engine/engine.ts';
import type { GroupStore } from '../engine/policy/membership.ts';
import type { Policy } from '../engine/policy.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import { createApiClient, slackApi } from './api-client.ts';
import { createAttending } from './attending.ts';
import { boltLogger } from './bolt-logger.ts';
import { createHttpIntake, type OtherPages } from './http-intake.ts';
import { createInFlight } from './in-flight.ts';
import { type Intake, isRefusal, pauseMs, refusedToken } from './intake.ts';
import { addListeners } from './listeners.ts';
import { createLiveClient } from './live-client.ts';
import { createNotifier } from './notifier.ts';
import { createPace } from './pace.ts';
import { createSocketIntake } from './socket-intake.ts';
import { createAskGroup, createUserGroups } from './user-groups.ts';

/** How deliveries come: over sockets that the bot opens, or as requests that Slack signs. */
export type DeliverySetting =
  | { readonly mode: 'socket'; readonly appToken: Secret }
  | { readonly mode: 'http'; readonly signingSecret: Secret; readonly listen: ListenAddress };

/** How Slack is reached and what the bot works with. */
export interface SlackDeps {
  readonly botToken: Secret;
  readonly deliveries: DeliverySetting;
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
  /** Pages beside Slack's requests, where those are taken. */
  readonly otherPages?: OtherPages;
  /** Told once, in words, when Slack cannot be reached at first. */
  readonly away?: (why: string) => void;
}

/**
 * The bot in Slack. Disposing it takes no new delivery, waits for begun work up to a deadline, and then ends what shows
 * messages; runs go on elsewhere.
 */
export interface SlackApp extends AsyncDisposable {
  /**
   * Resolves when deliveries can arrive, however long Slack is away before. Throws config/invalid when Slack refuses the
   * tokens, config/port-in-use when requests cannot be taken.
   */
  start(): Promise<void>;
  condition(): Condition;
}

const NOTIFY_EVERY_MS = 400;
const DRAIN_MS = 10_000;
/** What shows messages may then end what it is at for so long; what is not stored as shown is shown after the next start. */
const LAST_CALLS_MS = 5000;

/** Answers to people: few retries, because a trigger lives three seconds. */
const INTERACTIVE = { retryConfig: { retries: 1 }, timeout: 10_000 };

/** The bot in Slack; nothing happens before `start`. */
export function createSlackApp(deps: SlackDeps): SlackApp {
  return new StartedOnce(deps);
}

class StartedOnce implements SlackApp {
  readonly #deps: SlackDeps;
  readonly #intake: Intake;
  readonly #stopping = new AbortController();
  /** Ends every call of ours that is still under way. */
  readonly #hangingUp = new AbortController();
  #wired: Wired | undefined;
  #trouble: string | undefined;

  constructor(deps: SlackDeps) {
    this.#deps = deps;
    this.#intake = createIntake(deps);
  }

  async start(): Promise<void> {
    await this.#intake.prepare();
    const own = await this.#ownIdentity();
    if (!own) return;
    const app = createApp(this.#deps, this.#intake, own);
    const wired = wire(app, this.#deps, { ownTeam: own.teamId, hangUp: this.#hangingUp.signal });
    this.#wired = wired;
    await this.#intake.open();
    if (this.#stopping.signal.aborted) return;
    wired.userGroups.serve();
    wired.notifier.serve();
    wired.attending.serve();
  }

  condition(): Condition {
    if (this.#stopping.signal.aborted) return { ok: false, words: 'stopping: no new deliveries are taken' };
    if (this.#trouble !== undefined) return { ok: false, words: `Slack cannot be reached: ${this.#trouble}` };
    return this.#intake.condition();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#intake.stop();
    if (this.#wired && !(await this.#wired.inFlight.drain(DRAIN_MS)))
      this.#deps.logger.warn('Slack requests were still under way at the deadline');
    await this.#endShowing();
    await this.#intake.close();
  }

  async #endShowing(): Promise<void> {
    const { clock } = this.#deps;
    const ended = new AbortController();
    const late = clock.sleep(LAST_CALLS_MS, ended.signal).catch(() => {});
    void late.then(() => this.#hangingUp.abort(new Error('stopping')));
    await Promise.all([
      this.#wired?.attending[Symbol.asyncDispose](),
      this.#wired?.userGroups[Symbol.asyncDispose](),
      this.#wired?.notifier[Symbol.asyncDispose](),
    ]);
    ended.abort();
  }

  /** Who the bot is, once Slack says so; undefined = stopped before. A token that is refused ends it. */
  async #ownIdentity(): Promise<OwnIdentity | undefined> {
    const { clock, logger, away } = this.#deps;
    const { signal } = this.#stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const own = await askIdentity(this.#deps, signal);
        this.#trouble = undefined;
        return own;
      } catch (error) {
        if (isRefusal(error)) throw refusedToken('bot', error);
        if (signal.aborted) return undefined;
        const why = messageOf(error);
        if (this.#trouble === undefined) away?.(why);
        if (this.#trouble !== why) logger.warn('Slack cannot be reached; trying again', { error: why });
        this.#trouble = why;
        await clock.sleep(pauseMs(failures, error), signal).catch(() => {});
      }
    }
    return undefined;
  }
}

interface OwnIdentity {
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
}

const AuthTest = z.object({ team_id: z.string(), user_id: z.string(), bot_id: z.string() });

/** Asked before Bolt does it by itself, where a refusal would be an unhandled rejection. */
async function askIdentity({ botToken, apiUrl }: SlackDeps, signal: AbortSignal): Promise<OwnIdentity> {
  const client = createApiClient({ token: botToken, apiUrl, timeoutMs: INTERACTIVE.timeout, hangUp: signal });
  const { team_id, user_id, bot_id } = AuthTest.parse(await client.auth.test());
  return { teamId: team_id, botId: bot_id, botUserId: user_id };
}

function createIntake({ deliveries, apiUrl, clock, logger, otherPages = async () => undefined }: SlackDeps): Intake {
  if (deliveries.mode === 'http') return createHttpIntake({ ...deliveries, otherPages, logger });
  return createSocketIntake({ appToken: deliveries.appToken, slackApiUrl: apiUrl, clock, logger });
}

function createApp({ botToken, apiUrl, logger }: SlackDeps, intake: Intake, { botId, botUserId }: OwnIdentity): App {
  return new App({
    token: botToken.reveal(),
    botId,
    botUserId,
    receiver: intake.receiver,
    logger: boltLogger(logger),
    logLevel: LogLevel.ERROR,
    clientOptions: { ...slackApi(apiUrl), ...INTERACTIVE },
  });
}

type Wired = ReturnType<typeof wire>;

const Zone = z.object({ user: z.object({ tz_offset: z.number() }) });

function wire(
  app: App,
  deps: SlackDeps,
  { ownTeam, hangUp }: { readonly ownTeam: string; readonly hangUp: AbortSignal },
) {
  const { engine, messages, policy, inventory, runbooks, clock, logger, command } = deps;
  const lookUp = (user: string): Promise<unknown> => app.client.users.info({ user });
  const live = createLiveClient(deps.botToken, deps.apiUrl, hangUp);
  const pace = createPace(clock);
  const notifier = createNotifier({
    engine,
    messages,
    policy,
    runbooks,
    live,
    clock,
    logger,
    command,
    pace,
    pollMs: NOTIFY_EVERY_MS,
  });
  const inFlight = createInFlight(clock);
  const ask = createAskGroup(deps.botToken, deps.apiUrl, hangUp);
  const userGroups = createUserGroups({ groups: policy.slackGroups, store: deps.groups, ask, clock, logger });
  const teams = deps.teams ?? [ownTeam];
  const attending = createAttending({ ...deps, teams, lookUp, userGroups, live, pace, hangUp });
  addListeners(app, {
    engine,
    messages,
    policy,
    inventory,
    runbooks,
    notifier,
    command,
    clock,
    logger,
    inFlight,
    identity: attending.identity,
    homes: attending.homes,
    directs: attending.directs,
    channels: attending.channels,
    permalinks: attending.permalinks,
    posting: attending.posting,
    userGroups,
    now: () => clock.now(),
    zoneOffsetMinutes: async (user) => {
      const offset = Zone.safeParse(await lookUp(user).catch(() => undefined)).data?.user.tz_offset;
      return offset === undefined ? undefined : offset / 60;
    },
  });
  return { notifier, inFlight, userGroups, attending };
}
