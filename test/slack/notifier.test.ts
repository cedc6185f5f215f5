import { describe, expect, it, onTestFinished } from 'vitest';
import { asHostName, type RunId } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { MessageStore, Store } from '../../src/engine/ports.ts';
import type { Message } from '../../src/slack/limits.ts';
import type { Found, LiveClient, Shown, TextFile } from '../../src/slack/live-client.ts';
import { createNotifier, type Notifier, type NotifierDeps } from '../../src/slack/notifier.ts';
import { ADA, BOB, createMovedClock, createTestStore, wordContext } from '../helpers/engine.ts';
import { testHost } from '../helpers/sshd.ts';
import { createWordTransport } from '../helpers/word-hosts.ts';

const CHANNEL = 'C1';
const LATER: Shown = { kind: 'later', afterMs: 5000 };
const NOT_IN_CHANNEL: Shown = { kind: 'refused', error: 'not_in_channel' };

interface Posted {
  readonly ts: string;
  readonly channel: string;
  readonly subject: string;
  message: Message;
  updates: number;
}

interface Upload {
  readonly channel: string;
  readonly threadTs: string;
  readonly file: TextFile;
}

/** A Slack that answers as a test tells it; without a word it does what it is asked. */
class ScriptedSlack implements LiveClient {
  posted: Posted[] = [];
  readonly files: Upload[] = [];
  /** Every call, refused ones too: `post run:1`, `update 1.0`, `upload run-1.txt`, `find run:1`. */
  readonly calls: string[] = [];
  /** What the next call of a kind is answered. */
  readonly next: { post?: Shown; update?: Shown; upload?: Shown } = {};
  /** What every post in a channel is answered. */
  readonly channels = new Map<string, Shown>();

  async post(channel: string, message: Message, subject: string): Promise<Shown> {
    this.calls.push(`post ${subject}`);
    const ts = `${this.calls.length}.0`;
    const answer = this.channels.get(channel) ?? this.#answer('post') ?? { kind: 'ok', ts };
    const carriedOut = answer.kind === 'ok' || answer.kind === 'unsure';
    if (carriedOut) this.posted.push({ ts, channel, subject, message, updates: 0 });
    return answer;
  }

  async update(_channel: string, ts: string, message: Message): Promise<Shown> {
    this.calls.push(`update ${ts}`);
    const answer = this.#answer('update') ?? { kind: 'ok', ts };
    const found = this.posted.find((each) => each.ts === ts);
    if (!found) return { kind: 'refused', error: 'message_not_found' };
    if (answer.kind === 'ok') {
      found.message = message;
      found.updates += 1;
    }
    return answer;
  }

  async upload(channel: string, threadTs: string, file: TextFile): Promise<Shown> {
    this.calls.push(`upload ${file.name}`);
    const answer = this.#answer('upload') ?? { kind: 'ok', ts: threadTs };
    if (answer.kind === 'ok' || answer.kind === 'unsure') this.files.push({ channel, threadTs, file });
    return answer;
  }

  async findMessage(channel: string, subject: string): Promise<Found> {
    this.calls.push(`find ${subject}`);
    const found = this.posted.find((each) => each.channel === channel && each.subject === subject);
    return found ? { kind: 'found', ts: found.ts } : { kind: 'absent' };
  }

  async findFile(_channel: string, threadTs: string, name: string): Promise<Found> {
    const found = this.files.some((each) => each.threadTs === threadTs && each.file.name === name);
    return found ? { kind: 'found', ts: '9.9' } : { kind: 'absent' };
  }

  subjects(): string[] {
    return this.posted.map(({ subject }) => subject);
  }

  text(subject: string): string {
    return this.posted.find((each) => each.subject === subject)?.message.text ?? '';
  }

  count(call: string): number {
    return this.calls.filter((each) => each === call).length;
  }

  #answer(kind: 'post' | 'update' | 'upload'): Shown | undefined {
    const answer = this.next[kind];
    delete this.next[kind];
    return answer;
  }
}

/** An engine, its store and a scripted Slack; notifiers on a clock that the test puts forward. */
function arrange(words: Readonly<Record<string, string>> = { 'web-1': 'bad' }) {
  const stores = createTestStore();
  const slack = new ScriptedSlack();
  const moved = createMovedClock();
  const clock = { ...moved, monotonicMs: moved.now };
  const hosts = Object.keys(words).map((name) => testHost({ name: asHostName(name) }));
  const transport = createWordTransport(words);
  const contextOn = (store: Store) => wordContext({ store, transport, hosts }, { path: '/word' });
  const context = contextOn(stores.store);
  const engines: Engine[] = [];
  const engineOn = (store: Store): Engine => {
    const engine = createEngine(contextOn(store));
    engines.push(engine);
    return engine;
  };
  const engine = engineOn(stores.store);
  const notifiers: Notifier[] = [];
  const notify = (changes: Partial<NotifierDeps> = {}): Notifier => {
    const { policy, runbooks } = context;
    const deps = { engine, messages: stores.store.messages, policy, runbooks, live: slack, clock, pollMs: 5 };
    const notifier = createNotifier({ ...deps, logger: silentLogger, ...changes });
    notifiers.push(notifier);
    return notifier;
  };
  onTestFinished(async () => {
    for (const each of [...notifiers, ...engines]) await each[Symbol.asyncDispose]();
    await stores[Symbol.asyncDispose]();
  });
  const start = (channel: string = CHANNEL): Promise<RunId> =>
    engine.start({ ...ADA, surface: 'slack', runbook: 'word', selector: 'all', params: {}, channel });
  const finished = async (channel?: string): Promise<RunId> => {
    const id = await start(channel);
    await engine.drive({ kind: 'run', id });
    return id;
  };
  /** Shows a run until Slack has all of it, as the loop does, with time passing as wanted. */
  const settle = async (notifier: Notifier, id: RunId): Promise<Shown> => {
    for (let n = 0; n < 20; n++) {
      const shown = await notifier.show(id);
      if (shown.kind === 'ok' || shown.kind === 'refused') return shown;
      clock.ahead(shown.afterMs);
    }
    throw new Error(`never settled: ${slack.calls.join(', ')}`);
  };
  const store = stores.store;
  return { slack, clock, engine, engineOn, another: stores.another, store, notify, start, finished, settle };
}

describe('the messages of a run', () => {
  it('are one for the run, updated in place, and one for each proposal, posted after it', async () => {
    const { slack, engine, notify, start, settle } = arrange({ 'web-1': 'bad', 'web-2': 'good' });
    const notifier = notify();
    const id = await start();
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1']);
    expect(slack.text('run:1')).toContain('asking 2 hosts');
    await engine.drive({ kind: 'run', id });
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect(slack.text('run:1')).toContain('CRITICAL The word is bad (web-1)');
    expect(slack.text('proposal:1-1')).toContain('It waits for approval.');
    expect(slack.posted.map(({ updates }) => updates)).toEqual([1, 0]);
  });

  it('are left alone while nothing about them is different', async () => {
    const { slack, store, notify, finished, settle } = arrange();
    const notifier = notify();
    const id = await finished();
    await settle(notifier, id);
    const before = slack.calls.length;
    await settle(notifier, id);
    expect(slack.calls).toHaveLength(before);
    expect(await store.messages.outdated(10)).toEqual([]);
  });

  it('are posted once when two ask for them at the same time', async () => {
    const { slack, notify, finished, settle } = arrange();
    const notifier = notify();
    const id = await finished();
    await Promise.all([notifier.show(id), notifier.show(id)]);
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('are posted once when two processes show them at the same time', async () => {
    const { slack, engineOn, another, notify, finished, settle } = arrange();
    const id = await finished();
    const store = another();
    const [first, second] = [notify(), notify({ engine: engineOn(store), messages: store.messages })];
    await Promise.all([first.show(id), second.show(id)]);
    await Promise.all([settle(first, id), settle(second, id)]);
    expect(slack.subjects().sort()).toEqual(['proposal:1-1', 'run:1']);
    expect(slack.files).toHaveLength(1);
  });

  it('show a decision that another process recorded on the same store', async () => {
    const { slack, engineOn, another, notify, finished, settle } = arrange();
    const notifier = notify();
    const id = await finished();
    await settle(notifier, id);
    const decision = { proposal: '1-1', verdict: 'reject', digest: undefined, reason: 'not now' } as const;
    await engineOn(another()).decide({ ...BOB, ...decision });
    notifier.serve();
    await expect.poll(() => slack.text('proposal:1-1')).toContain('Rejected by bob: not now.');
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });
});

describe('a Slack that does not take a message', () => {
  it('is asked again only when its rate allows, and shows the truth in the end', async () => {
    const { slack, clock, engine, notify, start, settle, store } = arrange();
    const notifier = notify();
    const id = await start();
    slack.next.post = LATER;
    expect(await notifier.show(id)).toMatchObject({ kind: 'later' });
    expect(await notifier.show(id)).toMatchObject({ kind: 'later' });
    expect(slack.calls).toEqual(['post run:1']);
    clock.ahead(5000);
    expect(await notifier.show(id)).toMatchObject({ kind: 'ok' });
    await engine.drive({ kind: 'run', id });
    clock.ahead(5000);
    slack.next.update = LATER;
    expect(await notifier.show(id)).toMatchObject({ kind: 'later' });
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect(slack.text('run:1')).toContain('The word is bad');
    expect(await store.messages.outdated(10)).toEqual([]);
  });

  it('tells why, is left alone for a while, and is tried again', async () => {
    const { slack, clock, notify, start, finished } = arrange();
    const notifier = notify();
    slack.channels.set('C9', NOT_IN_CHANNEL);
    expect(await notifier.show(await start('C9'))).toEqual(NOT_IN_CHANNEL);
    notifier.serve();
    await finished();
    await expect.poll(() => slack.subjects()).toContain('proposal:2-1');
    await finished();
    await expect.poll(() => slack.subjects()).toContain('run:3');
    expect(slack.count('post run:1')).toBe(1);
    slack.channels.clear();
    clock.ahead(120_000);
    await expect.poll(() => slack.subjects()).toContain('run:1');
    expect(slack.count('post run:1')).toBe(2);
  });

  it('does not keep other runs from their turn, however many it refuses', async () => {
    const { slack, notify, start } = arrange();
    slack.channels.set('C9', NOT_IN_CHANNEL);
    for (let n = 0; n < 30; n++) await start('C9');
    await start();
    notify().serve();
    await expect.poll(() => slack.subjects(), { timeout: 10_000 }).toEqual(['run:31']);
  });

  it('gets a message anew when somebody deleted it', async () => {
    const { slack, clock, engine, notify, start, settle, store } = arrange();
    const notifier = notify();
    const id = await start();
    await settle(notifier, id);
    slack.posted = [];
    await engine.drive({ kind: 'run', id });
    clock.ahead(5000);
    await settle(notifier, id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect((await store.messages.find('run:1'))?.ts).toBe(slack.posted[0]?.ts);
  });
});

describe('a restart', () => {
  /** A store whose process dies right before the time stamp of a message is saved. */
  function dying(messages: MessageStore): MessageStore {
    return { ...messages, posted: () => Promise.reject(new Error('killed')) };
  }

  it('after posting goes on with the message that is there', async () => {
    const { slack, engine, notify, start, settle } = arrange();
    const id = await start();
    await settle(notify(), id);
    await engine.drive({ kind: 'run', id });
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect(slack.text('run:1')).toContain('The word is bad');
  });

  it('between posting and remembering it finds the message again and posts no second one', async () => {
    const { slack, store, notify, finished, settle } = arrange();
    const id = await finished();
    await expect(notify({ messages: dying(store.messages) }).show(id)).rejects.toThrow('killed');
    expect([slack.subjects(), (await store.messages.find('run:1'))?.ts]).toEqual([['run:1'], null]);
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
    expect((await store.messages.find('run:1'))?.ts).toBe(slack.posted[0]?.ts);
  });

  it('between reserving and posting posts what was never there', async () => {
    const { slack, store, notify, finished, settle } = arrange();
    const id = await finished();
    await store.messages.reserve('run:1', CHANNEL);
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('is not needed to find a message whose answer was lost', async () => {
    const { slack, notify, finished, settle } = arrange();
    const id = await finished();
    slack.next.post = { kind: 'unsure', afterMs: 3000 };
    await settle(notify(), id);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });
});

describe('the raw output', () => {
  it('is attached to the thread of the run once, also after a restart', async () => {
    const { slack, engine, notify, finished, settle } = arrange();
    const id = await finished();
    await settle(notify(), id);
    await engine.decide({ ...BOB, proposal: '1-1', verdict: 'reject', digest: undefined, reason: null });
    await settle(notify(), id);
    expect(slack.files).toMatchObject([{ channel: CHANNEL, threadTs: slack.posted[0]?.ts }]);
    expect(slack.files[0]?.file.text).toContain('===== web-1 · kernel');
  });

  it('is tried again after a failure, and once more after a death in between', async () => {
    const { slack, store, notify, finished, settle } = arrange();
    const id = await finished();
    slack.next.upload = LATER;
    expect(await notify().show(id)).toMatchObject({ kind: 'later' });
    expect([slack.files, (await store.messages.find('raw:1'))?.ts]).toEqual([[], null]);
    await settle(notify(), id);
    expect(slack.files).toHaveLength(1);
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('is not attached twice when the answer was lost', async () => {
    const { slack, notify, finished, settle } = arrange();
    const id = await finished();
    slack.next.upload = { kind: 'unsure', afterMs: 3000 };
    await settle(notify(), id);
    expect(slack.files).toHaveLength(1);
  });

  it('holds up neither the run nor its proposals while it cannot be attached', async () => {
    const { slack, notify, finished } = arrange();
    const id = await finished();
    slack.next.upload = { kind: 'unsure', afterMs: 3000 };
    expect(await notify().show(id)).toMatchObject({ kind: 'unsure' });
    expect(slack.subjects()).toEqual(['run:1', 'proposal:1-1']);
  });

  it('is given up, with one line in the log, when Slack refuses it; the rest is shown all the same', async () => {
    const { slack, engine, notify, finished, settle, store } = arrange();
    const warnings: string[] = [];
    const notifier = notify({ logger: { ...silentLogger, warn: (message) => void warnings.push(message) } });
    const id = await finished();
    slack.next.upload = { kind: 'refused', error: 'missing_scope' };
    await settle(notifier, id);
    await engine.decide({ ...BOB, proposal: '1-1', verdict: 'reject', digest: undefined, reason: null });
    await settle(notifier, id);
    expect(slack.text('proposal:1-1')).toContain('Rejected by bob.');
    expect(slack.calls.filter((call) => call.startsWith('upload'))).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    expect(await store.messages.outdated(10)).toEqual([]);
  });
});
