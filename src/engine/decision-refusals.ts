import { isoTime } from '../base/clock.ts';
import { OperatorError } from '../base/error.ts';
import type { Proposal } from './model.ts';
import type { DecisionResult } from './decision-result.ts';

/** Why a verdict did not count, for the person who gave it. */
export function refusedDecision(result: Extract<DecisionResult, { kind: 'refused' }>, known: Proposal): OperatorError {
  const proposal = result.proposal ?? known;
  switch (result.because) {
    case 'unknown':
      return new OperatorError('request/unknown-proposal', { message: `there is no proposal ${proposal.id}` });
    case 'expired':
      return new OperatorError('state/expired', {
        message: `${proposal.id} expired at ${isoTime(proposal.expiresAt)}`,
        hint: 'Run the runbook again for a proposal that rests on fresh facts.',
      });
    case 'other_digest':
      return new OperatorError('state/stale', {
        message: `${proposal.id} is not what you were shown any more`,
        hint: 'Look at it again before you decide.',
      });
    case 'decided_by_same_person':
      return new OperatorError('state/already-decided', {
        message: `you have decided ${proposal.id} already`,
        hint: 'A decision is given once.',
      });
    case 'not_open':
      return new OperatorError('state/already-decided', {
        message: `${proposal.id} does not wait for a decision any more: it is ${proposal.state.replaceAll('_', ' ')}`,
        hint: 'The run shows who decided and what became of it.',
      });
  }
}
