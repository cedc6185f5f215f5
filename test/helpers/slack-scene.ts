import { expect, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { createDisposal } from '../../src/base/disposal.ts';
import { asHostName, asPersonName } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Secret } from '../../src/base/secret.ts';
import { parsePolicy } from '../../src/config/policy.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { createMemberships } from '../../src/engine/policy/membership.ts';
import type { Person } from '../../src/engine/ports.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { startSlackApp } from '../../src/slack/app.ts';
import { createTestStore, wordContext } from './engine.ts';
import { type SeenMessage, sandboxClient, startTestSandbox } from './sandbox.ts';
import { testHost } from './sshd.ts';
import { createWordTransport } from './word-hosts.ts';

export const SCENE_CHANNEL = 'C0INCIDENTS';
export const SCENE_ALERTS = 'C0OPS';
const PATIENCE = { timeout: 15_000 };

/** ada asks (U0REQUESTER), bob and cem may approve; the guest has every role, so that only being a guest is in the way. */
const PEOPLE: readonly Person[] = [
  { name: asPersonName('ada'), slackUserId: 'U0REQUESTER', unixUser: 'ada', roles: ['run', 'approve'] },
  { name: asPersonName('bob'), slackUserId: 'U0APPROVER', unixUser: 'bob', roles: ['run', 'approve'] },
  { name: asPersonName('cem'), slackUserId: 'U0APPROVER2', unixUser: 'cem', roles: ['run', 'approve'] },
  { name: asPersonName('gus'), slackUserId: 'U0GUEST', unixUser: 'gus', roles: ['run', 'approve'] },
];

/** What differs from the usual scene. */
export interface SlackSceneInit {
  /** The policy file's lines. */
  readonly policy?: string;
  readonly sandbox?: Partial<SandboxOptions>;
  readonly clock?: Clock;
}

/** The bot on a sandbox under a policy, with one host whose word is bad; all of it ends with the test. */
export async function setSlackScene({ policy: yaml = '', sandbox: options = {}, clock = systemClock }: SlackSceneInit) {
  const disposal = createDisposal();
  onTestFinished(() => disposal[Symbol.asyncDispose]());
  const stores = disposal.use(createTestStore());
  const { store } = stores;
  const transport = createWordTransport({ 'web-1': 'bad' });
  const hosts = [testHost({ name: asHostName('web-1') })];
  const around = { people: PEOPLE, inventory: createInventory(hosts), expireAfterMs: 3_600_000 };
  const { rules } = parsePolicy('policy.yaml', yaml, around);
  const policy = createPolicy(PEOPLE, { rules, memberships: createMemberships(store.groups), clock });
  const context = { ...wordContext({ store, transport, hosts, clock }, { path: '/word' }), policy };
  const engine = disposal.use(createEngine(context));
  const sandbox = disposal.use(await startTestSandbox(options));
  const startApp = async () =>
    disposal.use(
      await startSlackApp({
        botToken: new Secret(sandbox.botToken),
        appToken: new Secret(sandbox.appToken),
        apiUrl: sandbox.slackApiUrl,
        command: '/runbook',
        teams: undefined,
        engine,
        messages: store.messages,
        groups: store.groups,
        policy,
        inventory: context.inventory,
        runbooks: context.runbooks,
        clock,
        logger: silentLogger,
      }),
    );
  const app = await startApp();
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

/** What people of a sandbox see and do. */
function eyesAndHands(sandbox: Sandbox) {
  const people = sandboxClient(sandbox);
  const shown = async (channel = SCENE_CHANNEL): Promise<readonly SeenMessage[]> =>
    (await people.messages(channel, 'U0REQUESTER')).filter(({ is_ephemeral }) => !is_ephemeral);
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
  const lastTold = (user: string) =>
    expect.poll(async () => {
      const told = (await people.messages(SCENE_CHANNEL, user)).filter(({ is_ephemeral }) => is_ephemeral);
      return told.at(-1)?.text ?? '';
    }, PATIENCE);
  return {
    people,
    shown,
    message,
    lastTold,
    as: (user: string, text: string) => people.command(user, SCENE_CHANNEL, text),
    click: async (user: string, start: RegExp, action: string) => people.click(user, await message(start), action),
    /** Enters what is typed into the modal in front of a person and sends it. */
    submit: (user: string, typed: string) =>
      people.act('view-submit', { user, values: { typed: { proposal_typed: typed } } }),
  };
}
