import { expect, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { createDisposal } from '../../src/base/disposal.ts';
import { asHostName, asPersonName } from '../../src/base/ids.ts';
import { Secret } from '../../src/base/secret.ts';
import { parsePolicy } from '../../src/config/policy.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { createMemberships } from '../../src/engine/policy/membership.ts';
import type { Person } from '../../src/engine/ports.ts';
import type { Host } from '../../src/inventory/host.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import type { RunbookLibrary } from '../../src/runbook/load.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { createSlackApp, type SlackApp, type SlackDeps } from '../../src/slack/app.ts';
import { createTestStore, wordContext } from './engine.ts';
import { type SeenMessage, sandboxClient, startTestSandbox } from './sandbox.ts';
import { testHost } from './sshd.ts';
import { createWordTransport } from './word-hosts.ts';

export const SCENE_CHANNEL = 'C0INCIDENTS';
export const SCENE_ALERTS = 'C0OPS';
/** How long Slack may take to show something. */
export const PATIENCE = { timeout: 15_000 };

/** ada asks (U0REQUESTER), bob and cem may approve; the guest has every role, so that only being a guest is in the way. */
export const SCENE_PEOPLE: readonly Person[] = [
  { name: asPersonName('ada'), slackUserId: 'U0REQUESTER', unixUser: 'ada', roles: ['run', 'approve'] },
  { name: asPersonName('bob'), slackUserId: 'U0APPROVER', unixUser: 'bob', roles: ['run', 'approve'] },
  { name: asPersonName('cem'), slackUserId: 'U0APPROVER2', unixUser: 'cem', roles: ['run', 'approve'] },
  { name: asPersonName('gus'), slackUserId: 'U0GUEST', unixUser: 'gus', roles: ['run', 'approve'] },
];

/** What differs from the usual scene. */
export interface SlackSceneInit {
  /** The policy file's lines. */
  readonly policy?: string;
  readonly people?: readonly Person[];
  readonly runbooks?: RunbookLibrary;
  /** The hosts and the word of each. */
  readonly words?: Readonly<Record<string, string>>;
  readonly sandbox?: Partial<SandboxOptions>;
  readonly clock?: Clock;
  /** The engine as the first bot gets it. */
  readonly adapt?: (engine: Engine) => Engine;
  /** What else the bot is started with. */
  readonly slack?: Partial<SlackDeps>;
}

/** The bot on a sandbox under a policy, unless told otherwise with one host whose word is bad; all of it ends with the test. */
export async function setSlackScene(init: SlackSceneInit) {
  const { words = { 'web-1': 'bad' }, sandbox: options = {}, adapt = (same: Engine) => same } = init;
  const disposal = createDisposal();
  onTestFinished(() => disposal[Symbol.asyncDispose]());
  const stores = disposal.use(createTestStore());
  const { store } = stores;
  const transport = createWordTransport(words);
  const hosts = Object.keys(words).map((name) => testHost({ name: asHostName(name) }));
  const context = sceneContext(init, { store, transport, hosts });
  const engine = disposal.use(createEngine(context));
  const sandbox = disposal.use(await startTestSandbox(options));
  const startApp = async (served = engine) => disposal.use(await startSceneApp(sandbox, context, served, init.slack));
  const app = await startApp(adapt(engine));
  engine.serve();
  const audit = async (subject: string) =>
    (await store.audit.of(subject)).map(({ event, actor, body }) => [event, actor, body['code'] ?? null]);
  return {
    ...eyesAndHands(sandbox),
    sandbox,
    store,
    path: stores.path,
    engine,
    transport,
    audit,
    app,
    startApp,
    parts: context,
  };
}

/** What an engine of this scene works with. */
function sceneContext(
  { policy: yaml = '', people = SCENE_PEOPLE, runbooks, clock = systemClock }: SlackSceneInit,
  parts: Pick<EngineContext, 'store' | 'transport'> & { readonly hosts: readonly Host[] },
): EngineContext {
  const around = { people, inventory: createInventory(parts.hosts), expireAfterMs: 3_600_000 };
  const { rules } = parsePolicy('policy.yaml', yaml, around);
  const policy = createPolicy(people, { rules, memberships: createMemberships(parts.store.groups), clock });
  const context = wordContext({ ...parts, clock }, { path: '/word' });
  return { ...context, policy, runbooks: runbooks ?? context.runbooks };
}

/** Where a Slack is, and what it lets in. */
type SlackPlace = Pick<Sandbox, 'botToken' | 'appToken' | 'slackApiUrl'>;

/** Starts the bot that serves this engine in a Slack; when it cannot start, nothing of it is left. */
export async function startSceneApp(
  slack: SlackPlace,
  context: EngineContext,
  engine: Engine,
  how: Partial<SlackDeps> = {},
): Promise<SlackApp> {
  const app = createSceneApp(slack, context, engine, how);
  try {
    await app.start();
  } catch (error) {
    await app[Symbol.asyncDispose]();
    throw error;
  }
  return app;
}

/** The bot that serves this engine in a Slack, not started yet. */
export function createSceneApp(
  { botToken, appToken, slackApiUrl }: SlackPlace,
  { store, policy, inventory, runbooks, clock, logger }: EngineContext,
  engine: Engine,
  how: Partial<SlackDeps> = {},
): SlackApp {
  return createSlackApp({
    botToken: new Secret(botToken),
    deliveries: { mode: 'socket', appToken: new Secret(appToken) },
    apiUrl: slackApiUrl,
    command: '/runbook',
    teams: undefined,
    engine,
    messages: store.messages,
    groups: store.groups,
    policy,
    inventory,
    runbooks,
    clock,
    logger,
    ...how,
  });
}

/** What people of a sandbox see and do. */
function eyesAndHands(sandbox: Sandbox) {
  const people = sandboxClient(sandbox);
  /** The channel's messages that everybody sees, without threads. */
  const shown = async (channel = SCENE_CHANNEL): Promise<readonly SeenMessage[]> =>
    (await people.messages(channel, 'U0REQUESTER')).filter(
      (message) => !message.is_ephemeral && (message.thread_ts === undefined || message.thread_ts === message.ts),
    );
  const message = async (start: RegExp, channel = SCENE_CHANNEL): Promise<SeenMessage> => {
    let found: SeenMessage | undefined;
    const look = async () => {
      const all = await shown(channel);
      found = all.find(({ text }) => start.test(text));
      return found?.text ?? `none of: ${all.map(({ text }) => text).join(' | ')}`;
    };
    await expect.poll(look, PATIENCE).toMatch(start);
    if (!found) throw new Error(`no message ${start}`);
    return found;
  };
  /** What only this person was told, oldest first. */
  const told = async (user: string) =>
    (await people.messages(SCENE_CHANNEL, user)).filter(({ is_ephemeral }) => is_ephemeral).map(({ text }) => text);
  const click = async (user: string, start: RegExp, action: string) => people.click(user, await message(start), action);
  /** The dialog in front of a person, once it says this. */
  const dialog = async (user: string, words: RegExp): Promise<string> => {
    const look = async () => JSON.stringify(await people.modal(user));
    await expect.poll(look, PATIENCE).toMatch(words);
    return look();
  };
  return {
    people,
    shown,
    message,
    told,
    dialog,
    /** Clicks Reject and sends the dialog that asks why. */
    reject: async (user: string, start: RegExp, reason: string) => {
      await click(user, start, 'proposal_reject');
      await dialog(user, /"callback_id":"proposal_reject"/);
      return people.act('view-submit', { user, values: { why: { proposal_reason: reason } } });
    },
    lastTold: (user: string) => expect.poll(async () => (await told(user)).at(-1) ?? '', PATIENCE),
    as: (user: string, text: string) => people.command(user, SCENE_CHANNEL, text),
    click,
    /** Enters what is typed into the modal in front of a person and sends it. */
    submit: (user: string, typed: string) =>
      people.act('view-submit', { user, values: { typed: { proposal_typed: typed } } }),
  };
}
