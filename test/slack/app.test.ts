import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createDisposal } from '../../src/base/disposal.ts';
import { OperatorError } from '../../src/base/error.ts';
import { asHostName, asPersonName } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Secret } from '../../src/base/secret.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import type { RunbookLibrary } from '../../src/runbook/load.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { type SlackApp, startSlackApp } from '../../src/slack/app.ts';
import { createTestStore, wordContext, wordRunbook } from '../helpers/engine.ts';
import { type SeenMessage, sandboxClient, startTestSandbox } from '../helpers/sandbox.ts';
import { testHost } from '../helpers/sshd.ts';
import { createWordTransport } from '../helpers/word-hosts.ts';

const WORLD = { path: '/word' };
const CHANNEL = 'C0INCIDENTS';
const [REQUESTER, APPROVER, GUEST, NOBODY] = ['U0REQUESTER', 'U0APPROVER', 'U0GUEST', 'U0APPROVER2'];
const PATIENCE = { timeout: 15_000 };

/** Everybody of the sandbox but one; the guest has every role, so that only being a guest can be in the way. */
const POLICY = createPolicy([
  { name: asPersonName('ada'), slackUserId: REQUESTER, unixUser: undefined, roles: ['run', 'approve'] },
  { name: asPersonName('bob'), slackUserId: APPROVER, unixUser: undefined, roles: ['run', 'approve'] },
  { name: asPersonName('gus'), slackUserId: GUEST, unixUser: undefined, roles: ['run', 'approve'] },
]);

function library(): RunbookLibrary {
  const interval = { name: 'interval', type: 'integer', default: 10, min: 2, max: 60, unit: 'seconds' } as const;
  const runbook = { ...wordRunbook(WORLD), params: [{ ...interval, help: 'How long rates are measured.' }] };
  return {
    runbooks: [runbook],
    broken: [],
    runbook: (name) => {
      if (name === runbook.name) return runbook;
      throw new OperatorError('request/unknown-runbook', { message: `there is no runbook "${name}"` });
    },
  };
}

interface Options {
  readonly words?: Readonly<Record<string, string>>;
  readonly sandbox?: Partial<SandboxOptions>;
  /** The engine as Slack gets it. */
  readonly adapt?: (engine: Engine) => Engine;
}

/** The bot on a sandbox, with an engine that serves hosts of one word each. */
async function arrange({ words = { 'web-1': 'bad' }, sandbox: options = {}, adapt = (same) => same }: Options = {}) {
  const disposal = createDisposal();
  onTestFinished(() => disposal[Symbol.asyncDispose]());
  const stores = disposal.use(createTestStore());
  const transport = createWordTransport(words);
  const hosts = Object.keys(words).map((name) => testHost({ name: asHostName(name) }));
  const parts = wordContext({ store: stores.store, transport, hosts }, WORLD);
  const context = { ...parts, policy: POLICY, runbooks: library() };
  const engine = disposal.use(createEngine(context));
  const sandbox = disposal.use(await startTestSandbox(options));
  const app = disposal.use(await startApp(sandbox, context, adapt(engine)));
  engine.serve();
  const people = sandboxClient(sandbox);
  const audit = async (subject: string) =>
    (await stores.store.audit.of(subject)).map(({ event, actor, body }) => [event, actor, body['code'] ?? null]);
  /** Waits until so many runs were concluded and Slack has all of it. */
  const settled = (runs: number, patience = PATIENCE) =>
    expect
      .poll(async () => {
        const entries = await engine.history({ limit: 10 });
        const concluded = entries.filter(({ run }) => run.state === 'finished').length;
        return { concluded, outdated: await stores.store.messages.outdated(10) };
      }, patience)
      .toEqual({ concluded: runs, outdated: [] });
  /** The bot again, after the first one ended. */
  const restart = async () => disposal.use(await startApp(sandbox, context, engine));
  const hands = { ...handsOf(people), as: (user: string, text: string) => people.command(user, CHANNEL, text) };
  return { ...hands, people, sandbox, app, engine, transport, audit, settled, restart };
}

async function startApp(sandbox: Sandbox, context: ReturnType<typeof wordContext>, engine: Engine): Promise<SlackApp> {
  const { policy, inventory, runbooks } = context;
  return startSlackApp({
    botToken: new Secret(sandbox.botToken),
    appToken: new Secret(sandbox.appToken),
    apiUrl: sandbox.slackApiUrl,
    command: '/runbook',
    teams: undefined,
    engine,
    messages: context.store.messages,
    groups: context.store.groups,
    policy,
    inventory,
    runbooks,
    clock: systemClock,
    logger: silentLogger,
  });
}

/** What people see and click in the channel. */
function handsOf(people: ReturnType<typeof sandboxClient>) {
  const everything = async (user: string) => people.messages(CHANNEL, user);
  /** The channel's messages that everybody sees, without threads. */
  const shown = async (): Promise<readonly SeenMessage[]> =>
    (await everything(REQUESTER)).filter(
      (message) => (!message.is_ephemeral && message.thread_ts === undefined) || message.thread_ts === message.ts,
    );
  const firstLines = async () => (await shown()).map(({ text }) => text.split('\n')[0] ?? '');
  /** What only this person was told, oldest first. */
  const told = async (user: string) =>
    (await everything(user)).filter((message) => message.is_ephemeral).map(({ text }) => text);
  const message = async (start: RegExp): Promise<SeenMessage> => {
    let found: SeenMessage | undefined;
    const find = async () => {
      found = (await shown()).find(({ text }) => start.test(text));
      return found?.text ?? `none of: ${(await firstLines()).join(' | ')}`;
    };
    await expect.poll(find, PATIENCE).toMatch(start);
    if (!found) throw new Error(`no message ${start}`);
    return found;
  };
  const click = async (user: string, start: RegExp, action: string) => people.click(user, await message(start), action);
  const lastTold = (user: string) => expect.poll(async () => (await told(user)).at(-1) ?? '', PATIENCE);
  return { shown, told, lastTold, message, click };
}

const PROPOSAL = /^Proposal 1-1:/;

describe('the slash command', () => {
  it.each([
    ['help', /runbook run NAME on HOSTS/],
    ['', /runbook history/],
    ['list', /^word: The word/],
    ['status', /^Nothing runs and nothing waits\./],
    ['history', /^No runs to show\./],
  ])('answers "%s" to the person who asked, and to nobody else', async (text, answer) => {
    const { as, lastTold, shown, told } = await arrange();
    expect(await as(REQUESTER, `/runbook ${text}`)).toMatchObject({ ok: true });
    await lastTold(REQUESTER).toMatch(answer);
    expect([await shown(), await told(APPROVER)]).toEqual([[], []]);
  });

  it.each([
    ['rnu word on web-1', /"rnu" is not a subcommand\n.*\brun\b/],
    ['word on web-1', /"word" is not a subcommand\n.*\/runbook run word on HOSTS/],
    ['run wrod on web-1', /there is no runbook "wrod"/],
    ['run word', /on which hosts should word run\?/],
    ['run word on web-9', /unknown host "web-9"\n.*web-1/],
    ['run word on @wbe', /unknown group "@wbe"\n.*@web/],
    ['run word on <!subteam^S0APPROVERS>', /is a mention of Slack's.*\n.*group:NAME/],
    ['run word on web-1 interval=soon', /interval must be a whole number, not "soon"\n.*2 to 60 seconds/],
    ['run word on web-1 interval=99', /interval=99 is out of range/],
    ['run word on web-1 intervall=5', /unknown param "intervall"\n.*interval/],
    ['status x', /"x" is not the number of a run/],
    ['status 7', /there is no run 7/],
    ['cancel 7', /there is no run 7/],
    ['history since someday', /someday/],
  ])('answers "%s" with what is wrong and what to do, to the person alone', async (text, answer) => {
    const { as, lastTold, shown, engine } = await arrange();
    await as(REQUESTER, `/runbook ${text}`);
    await lastTold(REQUESTER).toMatch(answer);
    expect([await shown(), await engine.history({ limit: 10 })]).toEqual([[], []]);
  });

  it.each([
    [GUEST, /Guests may not do this\./],
    [NOBODY, /not among the configured people/],
  ])('refuses a run of %s', async (user, answer) => {
    const { as, lastTold, engine } = await arrange();
    await as(user, '/runbook run word on web-1');
    await lastTold(user).toMatch(answer);
    expect(await engine.history({ limit: 10 })).toEqual([]);
  });

  it.each(['@web', 'group:web', '<!subteam^S1|@web>', '<@U1|web>', '<http://web-1|web-1>', 'web-* !web-9*'])(
    'understands the hosts "%s", as people and Slack write them',
    async (hosts) => {
      const { as, engine, message, told } = await arrange({ words: { 'web-1': 'good', 'web-9': 'good' } });
      await as(REQUESTER, `/runbook run word on ${hosts} interval=5`);
      expect((await message(/^Run 1: .* answered/)).text).toContain('The word is good');
      const [entry] = await engine.history({ limit: 10 });
      expect(entry?.run).toMatchObject({ requester: 'ada', surface: 'slack', params: { interval: 5 } });
      expect(entry?.hosts.map(({ host }) => host)).toContain('web-1');
      expect(await told(REQUESTER)).toEqual([]);
    },
  );

  it('that Slack delivers twice starts one run', async () => {
    const { as, people, settled, shown } = await arrange({ words: { 'web-1': 'good' } });
    await people.act('fault', { duplicates: 1 });
    await as(REQUESTER, '/runbook run word on web-1');
    await settled(1);
    expect((await shown()).map(({ text }) => text.split(':')[0])).toEqual(['Run 1']);
  });

  it('shows what ran and what waits, as a list and in full', async () => {
    const { as, lastTold, message } = await arrange();
    await as(REQUESTER, '/runbook run word on web-1');
    await message(PROPOSAL);
    await as(APPROVER, '/runbook status');
    await lastTold(APPROVER).toMatch(/run 1: word on web-1, 1 of 1 answered, asked by ada.*1-1 .*: open/);
    await as(APPROVER, '/runbook history web-1 since 1h');
    await lastTold(APPROVER).toMatch(/CRITICAL The word is bad/);
    await as(APPROVER, '/runbook status 1');
    await lastTold(APPROVER).toMatch(/^Run 1: word on web-1/);
  });
});

describe('a command', () => {
  it('that takes long is acknowledged in time', async () => {
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    const { as, message } = await arrange({
      adapt: (engine) => ({ ...engine, start: async (request) => held.then(() => engine.start(request)) }),
    });
    expect(await as(REQUESTER, '/runbook run word on web-1')).toMatchObject({ ok: true });
    release();
    await message(/^Run 1: /);
  });

  it('is answered although its response_url has ended meanwhile', async () => {
    let late = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + late };
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    const { as, lastTold, told } = await arrange({
      sandbox: { clock },
      adapt: (engine) => ({ ...engine, history: async (query) => held.then(() => engine.history(query)) }),
    });
    await as(REQUESTER, '/runbook history');
    late = 31 * 60_000;
    release();
    await lastTold(REQUESTER).toMatch(/^No runs to show/);
    expect(await told(APPROVER)).toEqual([]);
  });

  it('cancels a run, in its message and for the person who asked', async () => {
    const { as, message, lastTold, transport } = await arrange();
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    transport.host('web-1').meanwhile = () => held;
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 1: word on web-1: asking/);
    await as(APPROVER, '/runbook cancel 1');
    await lastTold(APPROVER).toMatch(/^Run 1 is cancelled\./);
    await message(/^Run 1: word on web-1: cancelled/);
    release();
  });

  it('for the history of several hosts is refused rather than answered for one of them', async () => {
    const { as, lastTold } = await arrange({ words: { 'web-1': 'good', 'web-2': 'good' } });
    await as(REQUESTER, '/runbook history @web');
    await lastTold(REQUESTER).toMatch(/"@web" are 2 hosts/);
  });

  it('works in direct messages with the bot', async () => {
    const { people } = await arrange();
    await people.command(REQUESTER, 'D0REQUESTER', '/runbook run word on web-1');
    await expect
      .poll(async () => (await people.messages('D0REQUESTER', REQUESTER)).map(({ text }) => text).join('\n'), PATIENCE)
      .toMatch(/The word is bad[\s\S]*waits for approval/);
  });
});

describe('a proposal in Slack', () => {
  async function proposed(options: Options = {}) {
    const scene = await arrange(options);
    await scene.as(REQUESTER, '/runbook run word on web-1');
    await scene.message(PROPOSAL);
    return scene;
  }

  it('is not approved by who asked for the run: told to them alone, and recorded', async () => {
    const { click, lastTold, told, audit, engine } = await proposed();
    await click(REQUESTER, PROPOSAL, 'proposal_approve');
    await lastTold(REQUESTER).toMatch(/somebody else has to approve it/);
    expect(await told(APPROVER)).toEqual([]);
    expect(await audit('proposal:1-1')).toContainEqual(['decision.denied', 'ada', 'policy/own-proposal']);
    expect((await engine.proposal('1-1')).state).toBe('open');
  });

  it('is not approved by a guest or by somebody who is not configured', async () => {
    const { click, lastTold, engine } = await proposed();
    await click(GUEST, PROPOSAL, 'proposal_approve');
    await lastTold(GUEST).toMatch(/Guests may not do this/);
    await click(NOBODY, PROPOSAL, 'proposal_approve');
    await lastTold(NOBODY).toMatch(/not among the configured people/);
    expect((await engine.proposal('1-1')).state).toBe('open');
  });

  it('is decided once, however often the approver clicks and Slack delivers it', async () => {
    const { click, message, people, audit, transport, shown, engine } = await proposed();
    const before = await message(PROPOSAL);
    await people.act('fault', { duplicates: 1 });
    await Promise.all([1, 2].map(() => people.click(APPROVER, before, 'proposal_approve')));
    const after = await message(/^Proposal 1-1:.*\n.*Approved by bob[\s\S]*Applied and proven on web-1/);
    expect(after.ts).toBe(before.ts);
    expect(JSON.stringify(after.blocks)).not.toContain('proposal_approve');
    const events = (await audit('proposal:1-1')).map(([event]) => event);
    expect(events.filter((event) => event === 'proposal.approved')).toHaveLength(1);
    expect(events.filter((event) => event === 'decision.denied')).toHaveLength(1);
    expect(transport.calls.filter((call) => call === 'web-1 apply')).toHaveLength(1);
    expect(transport.host('web-1').word).toBe('good');
    expect((await shown()).filter(({ text }) => PROPOSAL.test(text))).toHaveLength(1);
    await click(REQUESTER, PROPOSAL, 'proposal_undo');
    await message(/^Proposal 1-1:[\s\S]*Undone on web-1/);
    expect([transport.host('web-1').word, (await engine.proposal('1-1')).state]).toEqual(['bad', 'undone']);
  });

  it('is rejected by its requester, and its buttons are gone', async () => {
    const { click, message, transport } = await proposed();
    await click(REQUESTER, PROPOSAL, 'proposal_reject');
    const after = await message(/^Proposal 1-1:.*\n.*Rejected by ada/);
    expect(JSON.stringify(after.blocks)).not.toContain('action_id');
    expect(transport.calls).toEqual(['web-1 read']);
  });

  it.each([
    [
      'another digest',
      (value: string) => value.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      /not what you were/,
    ],
    ['garbage', () => '{"proposal":"1-1"}', /not one of mine/],
    ['no digest', () => '1-1', /not one of mine/],
    ['a proposal that is not there', (value: string) => value.replace('1-1', '7-1'), /no proposal 7-1/],
  ])('is not approved by a button that carries %s', async (_what, tamper, answer) => {
    const { message, people, lastTold, sandbox, engine } = await proposed();
    const genuine = JSON.stringify((await message(PROPOSAL)).blocks);
    const value = /"value":"(1-1 [0-9a-f]{64})"/.exec(genuine)?.[1] ?? '';
    const forged = await forgeButton(sandbox, 'proposal_approve', tamper(value));
    await people.click(APPROVER, { channel: CHANNEL, ts: forged }, 'proposal_approve');
    await lastTold(APPROVER).toMatch(answer);
    expect((await engine.proposal('1-1')).state).toBe('open');
  });

  it('is not undone by a button of another proposal that once had its number', async () => {
    const { click, message, people, lastTold, sandbox, engine } = await proposed();
    await click(APPROVER, PROPOSAL, 'proposal_approve');
    await message(/^Proposal 1-1:[\s\S]*Applied and proven/);
    const forged = await forgeButton(sandbox, 'proposal_undo', `1-1 ${'0'.repeat(64)}`);
    await people.click(APPROVER, { channel: CHANNEL, ts: forged }, 'proposal_undo');
    await lastTold(APPROVER).toMatch(/not the change that this button was made for/);
    expect((await engine.proposal('1-1')).state).toBe('proven');
  });

  it('outlives a click that is being worked on while the bot stops', async () => {
    let release = (): void => {};
    let begin = (): void => {};
    const [held, begun] = [new Promise<void>((done) => (release = done)), new Promise<void>((done) => (begin = done))];
    onTestFinished(() => release());
    const { click, app, audit, message, restart } = await proposed({
      adapt: (engine) => ({
        ...engine,
        decide: async (request) => {
          begin();
          await held;
          return engine.decide(request);
        },
      }),
    });
    await click(APPROVER, PROPOSAL, 'proposal_approve');
    await begun;
    let stopped = false;
    const stopping = app[Symbol.asyncDispose]().then(() => (stopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect((await audit('proposal:1-1')).map(([event]) => event)).toContain('proposal.approved');
    await restart();
    await message(/^Proposal 1-1:.*\n.*Approved by bob/);
  });
});

describe('a Slack in trouble', () => {
  it('that renews a socket in the middle of a run loses neither the run nor the next command', async () => {
    const { as, people, message, transport, lastTold } = await arrange();
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    onTestFinished(() => release());
    transport.host('web-1').meanwhile = () => held;
    await as(REQUESTER, '/runbook run word on web-1');
    await message(/^Run 1: word on web-1: asking 1 host/);
    expect(await people.act('disconnect', { reason: 'refresh_requested' })).toMatchObject({ ok: true, told: 1 });
    expect(await as(APPROVER, '/runbook status')).toMatchObject({ ok: true });
    await lastTold(APPROVER).toMatch(/run 1: word on web-1/);
    release();
    await message(/^Run 1: [\s\S]*The word is bad/);
    await message(PROPOSAL);
    await expect.poll(async () => (await people.state())['sockets'], PATIENCE).toBe(2);
  });

  it('that limits rates ends with true messages for four runs at once', async () => {
    const { as, shown, people, settled } = await arrange({ sandbox: { rateLimits: true } });
    await people.act('fault', { rateLimits: 1, retryAfterS: 1 });
    const users = [REQUESTER, APPROVER, REQUESTER, APPROVER];
    await Promise.all(users.map((user) => as(user, '/runbook run word on web-1')));
    await settled(4, { timeout: 40_000 });
    const texts = (await shown()).map(({ text }) => text);
    expect(texts.filter((text) => /^Run \d: .*\n.*The word is bad/.test(text))).toHaveLength(4);
    expect(texts.filter((text) => /^Proposal \d-1: .*\n.*waits for approval/.test(text))).toHaveLength(4);
    expect(texts).toHaveLength(8);
  }, 50_000);

  it('that breaks the connection after it posted gets no second message', async () => {
    let arm = async (): Promise<unknown> => {
      throw new Error('nothing to arm');
    };
    const { as, shown, people, settled } = await arrange({
      adapt: (engine) => ({
        ...engine,
        start: async (request) => {
          await arm();
          return engine.start(request);
        },
      }),
    });
    arm = () => people.act('fault', { dropAnswers: 1 });
    await as(REQUESTER, '/runbook run word on web-1');
    await settled(1);
    expect((await shown()).map(({ text }) => text.split(':')[0])).toEqual(['Run 1', 'Proposal 1-1']);
    const { counts, faults } = await people.state();
    expect(counts).toMatchObject({ 'chat.postMessage': { calls: 2 }, 'conversations.history': { calls: 1 } });
    expect(faults).toMatchObject({ dropAnswers: 0 });
  });

  it('that does not accept the tokens ends the start with an error', async () => {
    const sandbox = await startTestSandbox();
    onTestFinished(() => sandbox.stop());
    await using stores = createTestStore();
    const context = wordContext({ store: stores.store, transport: createWordTransport({}), hosts: [] }, WORLD);
    await using engine = createEngine(context);
    await expect(startApp({ ...sandbox, botToken: 'xoxb-other' }, context, engine)).rejects.toThrow('invalid_auth');
    await expect(startApp({ ...sandbox, appToken: 'xapp-other' }, context, engine)).rejects.toThrow('invalid_auth');
  });
});

/** Posts, as the bot, a message whose button carries a value of the attacker's choice; returns its time stamp. */
async function forgeButton(sandbox: Sandbox, action: string, value: string): Promise<string> {
  const button = {
    type: 'button',
    action_id: action,
    value,
    text: { type: 'plain_text', text: 'Approve' },
  };
  const response = await fetch(new URL('chat.postMessage', sandbox.slackApiUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: CHANNEL, text: 'forged', blocks: [{ type: 'actions', elements: [button] }] }),
  });
  const { ts } = (await response.json()) as { readonly ts: string };
  return ts;
}
