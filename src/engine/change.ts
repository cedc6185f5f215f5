import type { HostName } from '../base/ids.ts';
import type { AttemptState, ChangeState } from './state.ts';

/** The change on one host, as the transition sees it. */
interface AttemptView {
  readonly host: HostName;
  readonly state: AttemptState;
}

/** How an approved change is to be carried out; part of what people approve. */
export interface Rollout {
  /** The hosts in the order of work: the canary first. */
  readonly batches: readonly (readonly HostName[])[];
  /** The time after which a host undoes an unconfirmed change by itself, in seconds. */
  readonly confirmWithinSeconds: number;
  /** What becomes of a change that misses its prediction. */
  readonly unproven: 'keep' | 'undo';
  /** Whether a slow proof follows the fast signal. */
  readonly slowProof: boolean;
}

/** A proposal and its attempts, as the transition sees them. */
export interface ChangeView {
  readonly state: ChangeState;
  readonly attempts: readonly AttemptView[];
  readonly rollout: Pick<Rollout, 'batches' | 'unproven' | 'slowProof'>;
}

/** How a host's receipt answered. */
export type ReceiptReport =
  | 'done'
  | 'failed'
  | 'drifted'
  | 'busy'
  | 'interrupted'
  | 'unrestored'
  | 'reverted'
  | 'unreachable';

/** What happened to a proposal or its change. */
export type ChangeEvent =
  | { readonly type: 'proposal.approved' }
  | { readonly type: 'proposal.rejected' }
  | { readonly type: 'proposal.expired' }
  | {
      readonly type: 'facts.reread';
      readonly host: HostName;
      readonly result: 'same' | 'different' | 'unreadable' | 'too_late';
    }
  | { readonly type: 'attempt.reported'; readonly host: HostName; readonly report: ReceiptReport }
  | { readonly type: 'attempt.looked'; readonly host: HostName; readonly report: ReceiptReport }
  | {
      readonly type: 'attempt.signalled';
      readonly host: HostName;
      /** `unjudged`: what was needed for a verdict could not be read. */
      readonly outcome: 'proven' | 'not_proven' | 'harmful' | 'unjudged';
    }
  | {
      readonly type: 'attempt.confirmed';
      readonly host: HostName;
      readonly report: 'confirmed' | 'reverted' | 'interrupted' | 'unreachable';
    }
  | { readonly type: 'attempt.judged'; readonly host: HostName; readonly outcome: 'proven' | 'not_proven' | 'harmful' }
  | { readonly type: 'attempt.reverted'; readonly host: HostName; readonly report: ReceiptReport }
  | { readonly type: 'look.requested' }
  | { readonly type: 'undo.requested' }
  | { readonly type: 'undo.reported'; readonly host: HostName; readonly report: ReceiptReport };

/** What is to be done on a host. `signal` takes the fast look at the effect, `prove` the slow one. */
export interface Effect {
  readonly type: 'reread' | 'apply' | 'look' | 'signal' | 'confirm' | 'prove' | 'revert' | 'undo';
  readonly host: HostName;
}
