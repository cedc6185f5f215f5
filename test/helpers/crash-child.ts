import { asHostName, asProposalId, asRunId } from '../../src/base/ids.ts';
import { processIdentity } from '../../src/base/process-identity.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Transport } from '../../src/engine/transport.ts';
import { openStore } from '../../src/store/store.ts';
import { ADA, BOB, wordContext, type WordWorld } from './engine.ts';
import { createLocalTransport } from './fake-transport.ts';
import { testHost } from './sshd.ts';

/*
 * Brings one story to its end from wherever the store says it is. argv: the store's file, the word's file, the story:
 * `undoing` = run, approve, apply, prove, ask for the undo, undo; `reverting` = the same up to a change that does not help
 * and is taken back; `harming` = the same with a change that does harm, `harming-late` = with one whose harm only the slow
 * proof sees; `looking` = as `undoing`, but the answers of the host are lost until somebody looks again; `breaking` = as
 * `undoing`, but instead of an approval the requester breaks glass.
 * A crash test kills it on the way and starts it again.
 */
const [, , storePath = '', path = '', story = 'undoing'] = process.argv;
const store = openStore(storePath);
const proposal = { kind: 'change', id: asProposalId('1-1') } as const;
const run = { kind: 'run', id: asRunId(1) } as const;
const looked = async () =>
  (await store.audit.of(`proposal:${proposal.id}`)).some(({ event }) => event === 'look.requested');

const transport = story === 'looking' ? losingAnswers(createLocalTransport()) : createLocalTransport();
const hosts = [testHost({ name: asHostName('web-1'), sudo: 'passwordless' })];
const HARMS: Readonly<Record<string, WordWorld['harms']>> = { harming: 'fast', 'harming-late': 'slow' };
const world = { path, helps: story !== 'reverting', harms: HARMS[story], glass: story === 'breaking' };
const engine = createEngine(wordContext({ store, transport, hosts, owner: processIdentity() }, world));
const state = async () => (await engine.proposal(proposal.id)).state;

if ((await engine.history({ limit: 1 })).length === 0)
  await engine.start({ ...ADA, runbook: 'word', selector: 'all', params: {}, channel: null });
await engine.drive(run);
if ((await state()) === 'open' && story === 'breaking')
  await engine.breakGlass({ ...ADA, proposal: proposal.id, reason: 'nobody else is awake' });
if ((await state()) === 'open')
  await engine.decide({ ...BOB, proposal: proposal.id, verdict: 'approve', digest: undefined, reason: null });
await engine.drive(proposal);
if ((await state()) === 'needs_human' && story === 'looking') {
  await engine.look(proposal.id, ADA);
  await engine.drive(proposal);
}
if (!['undoing', 'undone', 'reverted'].includes(await state()))
  await engine.undo({ ...ADA, proposal: proposal.id, reason: null });
await engine.drive(proposal);

await engine[Symbol.asyncDispose]();
await transport[Symbol.asyncDispose]();
await store[Symbol.asyncDispose]();

/** Does everything, but tells nothing of changes and receipts until somebody has looked again. */
function losingAnswers(inner: Transport): Transport {
  const lost = { kind: 'unreachable', detail: 'The answer was lost.' } as const;
  return {
    greet: (host, options) => inner.greet(host, options),
    read: async (host, steps, options) =>
      steps[0]?.id === 'receipt' && !(await looked())
        ? { ...lost, steps: [], durationMs: 1 }
        : inner.read(host, steps, options),
    change: async (host, command, grant, options) => {
      const outcome = await inner.change(host, command, grant, options);
      return (await looked()) ? outcome : lost;
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}
