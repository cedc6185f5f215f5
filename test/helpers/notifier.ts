import { onTestFinished } from 'vitest';
import { asHostName, type RunId } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { Store } from '../../src/engine/ports.ts';
import type { Shown } from '../../src/slack/live-client.ts';
import { createNotifier, type Notifier, type NotifierDeps } from '../../src/slack/notifier.ts';
import { ADA, createTestStore, wordContext } from './engine.ts';
import { createMovedClock } from './moved-clock.ts';
import { ScriptedSlack } from './scripted-slack.ts';
import { testHost } from './sshd.ts';
import { createWordTransport } from './word-hosts.ts';

/** The channel that the test's runs are started in. */
export const CHANNEL = 'C1';
/** The answer of a Slack that is asked too often. */
export const LATER: Shown = { kind: 'later', afterMs: 5000 };

/** An engine, its store and a scripted Slack; notifiers on a clock that the test puts forward. */
export function arrangeNotifier(words: Readonly<Record<string, string>> = { 'web-1': 'bad' }) {
  const stores = createTestStore();
  const slack = new ScriptedSlack();
  const clock = createMovedClock();
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
    const notifier = createNotifier({
      engine,
      messages: stores.store.messages,
      policy,
      runbooks,
      live: slack,
      clock,
      logger: silentLogger,
      command: '/runbook',
      pollMs: 5,
      ...changes,
    });
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
