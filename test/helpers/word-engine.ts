import { onTestFinished } from 'vitest';
import { asHostName, asProposalId } from '../../src/base/ids.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { BOB, createTestStore, wordContext, type WordWorld } from './engine.ts';
import { createMovedClock } from './moved-clock.ts';
import { testHost } from './sshd.ts';
import { createWordTransport } from './word-hosts.ts';

/** Where the word is on the test's hosts; their transport does not look at it. */
export const WORLD: WordWorld = { path: '/word' };

/** Adapts an engine's context for a test. */
type Adapt = (context: EngineContext) => EngineContext;

/** An engine over hosts with these words, on a store of its own. */
export function arrangeEngine(
  words: Readonly<Record<string, string>>,
  change: Adapt = (same) => same,
  world: WordWorld = WORLD,
) {
  const stores = createTestStore();
  const transport = createWordTransport(words);
  const hosts = Object.keys(words).map((name) => testHost({ name: asHostName(name) }));
  const clock = createMovedClock();
  const engines: Engine[] = [];
  const context = (store = stores.store) => change(wordContext({ store, transport, hosts, clock }, world));
  const start = (adapt: Adapt = (same) => same) => {
    const started = createEngine(adapt(context(engines.length === 0 ? stores.store : stores.another())));
    engines.push(started);
    return started;
  };
  onTestFinished(async () => {
    for (const each of engines) await each[Symbol.asyncDispose]();
    await stores[Symbol.asyncDispose]();
  });
  const engine = start();
  const approve = (proposal: string, by: Engine = engine) =>
    by.decide({ ...BOB, proposal, verdict: 'approve', digest: undefined, reason: null });
  const work = (proposal: string, by: Engine = engine) => by.drive({ kind: 'change', id: asProposalId(proposal) });
  const change1 = async (proposal = '1-1') => {
    const { runId } = await engine.proposal(proposal);
    const view = (await engine.view(runId)).proposals.find((each) => each.proposal.id === proposal);
    if (!view) throw new Error('no proposal');
    return {
      state: view.proposal.state,
      attempts: view.attempts.map(({ state }) => state),
      details: view.attempts.map(({ detail }) => detail),
      statements: view.attempts.flatMap(({ statements }) => statements),
      canUndo: view.canUndo,
    };
  };
  const audit = async (subject: string) => (await stores.store.audit.of(subject)).map(({ event }) => event);
  return { engine, start, transport, clock, approve, work, change: change1, audit, store: stores.store };
}
