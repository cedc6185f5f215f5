import type { Proposal } from './model.ts';

/** Why a decision was not recorded. */
export type DecisionRefusal = 'unknown' | 'not_open' | 'other_digest' | 'expired' | 'decided_by_same_person';

/** What happened to a decision. */
export type DecisionResult =
  | { readonly kind: 'recorded'; readonly proposal: Proposal; readonly approvals: number }
  | { readonly kind: 'refused'; readonly because: DecisionRefusal; readonly proposal: Proposal | undefined };
