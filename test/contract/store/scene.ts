import { onTestFinished } from 'vitest';
import { asHostName, asPersonName } from '../../../src/base/ids.ts';
import type { Proposal } from '../../../src/engine/model.ts';
import type { Conclusion, HostAnswerRecord, Lease, NewRun, Store } from '../../../src/engine/ports.ts';
import { testAttempts, testProposal } from '../../helpers/change.ts';

/** A store under test: two connections to the same rows. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly first: Store;
  readonly second: Store;
  /** The name of a process of this machine that has ended. */
  readonly deadOwner: string;
  /** The name of a process that lives. */
  readonly livingOwner: string;
}

/** What a test of the contract works with. */
export interface StoreScene extends Omit<StoreUnderTest, 'first' | typeof Symbol.asyncDispose> {
  readonly store: Store;
  /** A lease that nobody else holds, for one second. */
  lease(subject: string, owner?: string, now?: number): Promise<Lease>;
  /** A proposal of a run that was concluded. */
  withProposal(changes?: Partial<Proposal>): Promise<Proposal>;
}

/** Opens a store for one test, which closes when that test ends. */
export type OpenStore = () => Promise<StoreScene>;

/** Opens stores with `start`. */
export function opensStore(start: () => Promise<StoreUnderTest>): OpenStore {
  return async () => {
    const under = await start();
    onTestFinished(() => under[Symbol.asyncDispose]());
    const { first: store, second, deadOwner, livingOwner } = under;
    const lease = async (subject: string, owner = livingOwner, now = 0): Promise<Lease> => {
      const held = await store.leases.acquire(subject, owner, 1000, now);
      if (!held) throw new Error('no lease');
      return held;
    };
    const withProposal = async (changes: Partial<Proposal> = {}): Promise<Proposal> => {
      const runId = await store.runs.create(newRun());
      const proposal = testProposal({ runId, ...changes });
      const held = await lease(`run:${runId}`);
      await store.runs.conclude(runId, conclusionOf(proposal), held);
      await store.leases.release(held);
      return proposal;
    };
    return { store, second, deadOwner, livingOwner, lease, withProposal };
  };
}

/** The hosts of a run. */
export const [web1, web2] = [asHostName('web-1'), asHostName('web-2')];

/** What a run of these tests is started with. */
export function newRun(changes: Partial<NewRun> = {}): NewRun {
  return {
    runbook: 'word',
    runbookVersion: 'v1',
    params: { interval: 2.5 },
    selector: '@web',
    requester: asPersonName('ada'),
    surface: 'slack',
    channel: 'C1',
    createdAt: 1000,
    hosts: [web1, web2],
    ...changes,
  };
}

/** A host's answer that says this word. */
export function answerOf(host: typeof web1, word = 'bad'): HostAnswerRecord {
  const step = {
    probe: 'kernel',
    exitCode: 0,
    durationMs: 12.4,
    droppedBytes: 0,
    stdout: word,
    stderr: '',
    problem: null,
    reason: null,
  };
  return {
    host,
    outcome: 'ok',
    detail: null,
    finishedAt: 2000,
    steps: [step],
    facts: [{ probe: 'kernel', fact: { word } }],
    numbers: { 'word.count': 1 },
  };
}

/** A finding with all its parts. */
export const FINDING = {
  rule: 'bad-word',
  severity: 'critical',
  title: 'The word is bad',
  explanation: ['It reads bad.'],
  evidence: [
    { label: 'word', value: 'bad', source: 'cat' },
    { label: 'count', value: 3, unit: 'words', source: 'wc' },
  ],
  notConcluded: [],
  confidence: 'high',
  groupKey: 'bad',
} as const;

/** An entry of the audit, about a run unless told otherwise. */
export const auditEntry = (event: string, subject = 'run:1') =>
  ({ event, actor: 'ada', surface: 'cli', subject, at: 5, body: { b: 1, a: 'x' } }) as const;

/** What a run comes to that found something on one host and makes these proposals. */
export function conclusionOf(...proposals: Proposal[]): Conclusion {
  return {
    findings: [{ host: web1, finding: FINDING }],
    notConcluded: [{ host: web2, rule: 'bad-word', because: 'needs kernel' }],
    proposals: proposals.map((proposal) => ({ proposal, attempts: testAttempts(proposal) })),
    at: 3000,
  };
}
