import { OperatorError } from '../base/error.ts';
import type { EngineContext } from './context.ts';
import { requireProposal, requireSame } from './deciding.ts';
import type { Asker } from './asker.ts';
import type { Proposal } from './model.ts';
import { auditingRefusal } from './refusals.ts';

/**
 * Has the hosts of unknown outcome asked again through their receipts; starts nothing anew. Every configured person may
 * ask. Throws policy/* or state/*; that is recorded, too.
 */
export async function requestLook(
  context: EngineContext,
  { person, surface }: Asker,
  id: string,
  digest?: string,
): Promise<Proposal> {
  const { store, policy, clock } = context;
  const subject = `proposal:${id}`;
  const wish = { actor: person, surface, event: 'look.denied', subject, body: {} };
  return auditingRefusal(context, wish, async () => {
    const proposal = await requireProposal(context, id);
    requireSame(proposal, digest);
    await policy.refresh();
    policy.person(person);
    const audit = { actor: person, surface, event: 'look.requested', subject, at: clock.now(), body: {} };
    return (await store.changes.requestLook(proposal.id, audit)) ?? nothingToLookAt(proposal);
  });
}

function nothingToLookAt({ id, state }: Proposal): never {
  throw new OperatorError('state/not-applicable', {
    message: `no host of ${id} has to be asked again: it is ${state.replaceAll('_', ' ')}`,
    hint: 'Hosts are asked again when it is not known what became of the change there.',
  });
}
