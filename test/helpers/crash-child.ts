import { asHostName, asProposalId, asRunId } from '../../src/base/ids.ts';
import { processIdentity } from '../../src/base/process-identity.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { openStore } from '../../src/store/store.ts';
import { ADA, BOB, wordContext } from './engine.ts';
import { createLocalTransport } from './fake-transport.ts';
import { testHost } from './sshd.ts';

/*
 * Brings one story to its end from wherever the store says it is: run, approve, apply, prove, ask for the undo, undo.
 * argv: the store's file, the word's file. A crash test kills it on the way and starts it again.
 */
const [, , storePath = '', path = ''] = process.argv;
const store = openStore(storePath);
const transport = createLocalTransport();
const hosts = [testHost({ name: asHostName('web-1'), sudo: 'passwordless' })];
const engine = createEngine(wordContext({ store, transport, hosts, owner: processIdentity() }, { path }));
const [run, proposal] = [
  { kind: 'run', id: asRunId(1) },
  { kind: 'change', id: asProposalId('1-1') },
] as const;
const state = async () => (await engine.proposal(proposal.id)).state;

if ((await engine.history({ limit: 1 })).length === 0)
  await engine.start({ ...ADA, runbook: 'word', selector: 'all', params: {}, channel: null });
await engine.drive(run);
if ((await state()) === 'open')
  await engine.decide({ ...BOB, proposal: proposal.id, verdict: 'approve', digest: undefined, reason: null });
await engine.drive(proposal);
if (!['undoing', 'undone'].includes(await state())) await engine.undo({ ...ADA, proposal: proposal.id, reason: null });
await engine.drive(proposal);

await engine[Symbol.asyncDispose]();
await transport[Symbol.asyncDispose]();
await store[Symbol.asyncDispose]();
