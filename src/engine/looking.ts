import { OperatorError } from '../base/error.ts';
import type { EngineContext } from './context.ts';
import type { Proposal, Surface } from './model.ts';
import type { PersonName } from '../base/ids.ts';

/** Who wants hosts to be asked again what became of a change. */
interface LookRequest {
  readonly person: PersonName;
  readonly surface: Surface;
}

/**
 * Has the hosts of unknown outcome asked again through their receipts; starts nothing anew. Whoever may run runbooks or
 * approve may ask. Throws policy/* or state/not-applicable.
 */
export async function requestLook(
  { store, policy, clock }: EngineContext,
  { person, surface }: LookRequest,
  proposal: Proposal,
): Promise<Proposal> {
  policy.person(person);
  const audit = {
    event: 'look.requested',
    actor: person,
    surface,
    subject: `proposal:${proposal.id}`,
    at: clock.now(),
    body: {},
  };
  const looking = await store.changes.requestLook(proposal.id, audit);
  if (looking) return looking;
  throw new OperatorError('state/not-applicable', {
    message: `no host of ${proposal.id} has to be asked again: it is ${proposal.state.replaceAll('_', ' ')}`,
    hint: 'Hosts are asked again when it is not known what became of the change there.',
  });
}
