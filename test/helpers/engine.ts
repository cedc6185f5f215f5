import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { readScript } from '../../src/base/command.ts';
import { asPersonName, systemIds } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createRedact } from '../../src/base/redact.ts';
import { DEFAULT_TIMING, type EngineContext } from '../../src/engine/context.ts';
import type { Asker } from '../../src/engine/asker.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import { DEFAULT_RULES, DEFAULT_TERMS } from '../../src/engine/policy/terms.ts';
import type { Store } from '../../src/engine/ports.ts';
import type { Transport } from '../../src/engine/transport.ts';
import type { Host } from '../../src/inventory/host.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import type { KernelFact } from '../../src/probes/kernel/fact.ts';
import type { Probe } from '../../src/probes/probe.ts';
import type { Facts } from '../../src/probes/registry.ts';
import type { Remedy } from '../../src/remedies/remedy.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { createCatalogue } from '../../src/runbook/catalogue.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import { openStore } from '../../src/store/store.ts';
import { testPerson } from './change.ts';

/*
 * A world of one disease: a file holds a word, `bad` is a finding, and the remedy writes `good`. The word travels as the
 * release of the `kernel` fact, a probe name that exists, so that everything is stored as in production.
 */

/** Where the word is: on all test hosts this path, or what the transport makes of it. */
export interface WordWorld {
  readonly path: string;
  /** Whether a good word counts as help; a change that does not help is taken back. */
  readonly helps?: boolean;
  /** Whether the change does harm, seen by the fast look or only by the slow one; it is taken back although it may be kept. */
  readonly harms?: 'fast' | 'slow' | undefined;
  /** Whether ada may break glass. */
  readonly glass?: boolean;
}

function wordOf(facts: Facts): string | undefined {
  const { kernel } = facts;
  return kernel && (kernel as unknown as { readonly word: string }).word;
}

/** Reads the word; anything but one word is unreadable. */
export function wordProbe({ path }: WordWorld): Probe {
  return {
    id: 'kernel',
    title: 'The word',
    privilege: 'user',
    sudo: [],
    command: () => readScript('cat "$1"', [path]),
    timeoutMs: () => 5000,
    parse: ({ stdout, stderr }) =>
      /^\w+$/.test(stdout)
        ? { ok: true, fact: { word: stdout } as unknown as KernelFact }
        : { ok: false, problem: 'unreadable', reason: `One word was expected. ${stderr.trim()}`, excerpt: stdout },
    numbers: () => ({ 'word.count': 1 }),
  };
}

export const WORD_RULE: Rule = {
  id: 'bad-word',
  code: 'T1',
  title: 'A bad word',
  needs: ['kernel'],
  thresholds: {},
  evaluate: ({ facts }) => {
    const word = wordOf(facts);
    if (word === 'defect') throw new Error('the rule is broken');
    return [
      {
        rule: 'bad-word',
        severity: word === 'good' ? 'ok' : 'critical',
        title: word === 'good' ? 'The word is good' : 'The word is bad',
        explanation: [`It reads ${word}.`],
        evidence: [{ label: 'word', value: word ?? '', source: 'cat' }],
        notConcluded: [],
        confidence: 'high',
        groupKey: String(word),
      },
    ];
  },
};

/** Writes `good`; refuses `stubborn` words. */
export function wordRemedy({ path, helps = true, harms }: WordWorld): Remedy {
  return {
    id: 'good-word',
    code: 'R0',
    title: 'write a good word',
    risk: 'low',
    needs: ['kernel'],
    plan: ({ host, facts }) => {
      const word = wordOf(facts);
      if (word === undefined) return { kind: 'refused', reason: 'The word is not known.' };
      if (word === 'good') return { kind: 'nothing', reason: 'The word is good already.' };
      if (word === 'stubborn') return { kind: 'refused', reason: 'A stubborn word is left alone.' };
      const actions = [{ kind: 'file', path, before: word, after: 'good' } as const];
      return { kind: 'change', plan: { host, actions, basis: { word }, predicted: [], risks: [], proof: [] } };
    },
    touches: { sysctls: [], files: [path], nginx: false },
    proofs: [
      {
        afterMs: 1,
        needs: ['kernel'],
        judge: (_plan, before, after) => ({
          outcome: harms === 'fast' ? 'harmful' : helps && wordOf(after) === 'good' ? 'proven' : 'not_proven',
          statements: [`The word was ${wordOf(before)} and is ${wordOf(after)}.`],
        }),
      },
      {
        afterMs: 2,
        needs: ['kernel'],
        judge: (_plan, _before, after) => ({
          outcome: harms === 'slow' ? 'harmful' : wordOf(after) === 'good' ? 'proven' : 'not_proven',
          statements: [`It is still ${wordOf(after)}.`],
        }),
      },
    ],
  };
}

/** The runbook of the word; `version` tells an edited one. */
export function wordRunbook(world: WordWorld, version = 'v1'): Runbook {
  return {
    name: 'word',
    title: 'The word',
    description: '',
    version,
    file: 'word.yaml',
    params: [],
    steps: [{ probe: wordProbe(world), interval: { kind: 'number', number: 1 } }],
    rules: [{ rule: WORD_RULE, thresholds: {} }],
    offers: [{ remedy: wordRemedy(world), rules: ['bad-word'], unless: [] }],
  };
}

export const ADA: Asker = { person: asPersonName('ada'), surface: 'cli' };
export const BOB: Asker = { person: asPersonName('bob'), surface: 'slack' };

/** The context of an engine in the world of the word; ada runs, bob approves. */
export function wordContext(
  parts: { store: Store; transport: Transport; hosts: readonly Host[]; owner?: string; clock?: Clock },
  world: WordWorld,
): EngineContext {
  const runbook = wordRunbook(world);
  return {
    store: parts.store,
    transport: parts.transport,
    inventory: createInventory(parts.hosts),
    runbooks: { runbooks: [runbook], broken: [], runbook: () => runbook },
    catalogue: createCatalogue({ probes: [wordProbe(world)], rules: [WORD_RULE], remedies: [wordRemedy(world)] }),
    policy: createPolicy(
      [testPerson('ada', 'run'), testPerson('bob', 'approve'), testPerson('cem', 'approve', 'run')],
      {
        rules: {
          ...DEFAULT_RULES,
          otherwise: { ...DEFAULT_TERMS, unproven: world.helps === false ? 'undo' : 'keep' },
          breakGlass: world.glass ? { allow: ['run'], channel: 'C0LOUD' } : undefined,
        },
      },
    ),
    clock: parts.clock ?? systemClock,
    ids: systemIds,
    redact: createRedact(['swordfish']),
    logger: silentLogger,
    timing: { ...DEFAULT_TIMING, pollMs: 20, followPauseMs: 10, followTries: 4, leaseTtlMs: 2000 },
    owner: parts.owner ?? systemIds.uuid(),
  };
}

/** A store on a file of its own, and more connections to it. */
export interface TestStore extends AsyncDisposable {
  readonly path: string;
  readonly store: Store;
  another(): Store;
}

/** Opens a store in a temporary folder; disposing closes all its connections and removes it. */
export function createTestStore(): TestStore {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  const path = join(dir, 'store.sqlite');
  const open = [openStore(path)];
  const [store] = open;
  if (!store) throw new Error('no store');
  return {
    path,
    store,
    another: () => {
      const more = openStore(path);
      open.push(more);
      return more;
    },
    [Symbol.asyncDispose]: async () => {
      for (const each of open) await each[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Starts the word's runbook and works on it until it ends. */
export async function runWord(engine: Engine, selector: string) {
  const id = await engine.start({ ...ADA, runbook: 'word', selector, params: {}, channel: null });
  await engine.drive({ kind: 'run', id });
  return engine.view(id);
}
