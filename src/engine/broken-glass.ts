import type { PersonName, ProposalId } from '../base/ids.ts';
import type { Surface } from './model.ts';
import type { DecisionResult } from './decision-result.ts';

/** One person's decision to have a change made without the approvals that were missing, or in spite of a freeze. */
export interface BrokenGlass {
  readonly proposal: ProposalId;
  /** What was decided on; it counts for nothing else. */
  readonly digest: string;
  readonly person: PersonName;
  readonly reason: string;
  readonly surface: Surface;
  readonly at: number;
  /** What somebody else found afterwards; null while nobody has looked. */
  readonly review: GlassReview | null;
}

/** The end of a review. */
export interface GlassReview {
  readonly person: PersonName;
  readonly note: string;
  readonly at: number;
}

/** Glass that was broken, and the reviews that it wants. */
export interface BrokenGlassStore {
  of(id: ProposalId): Promise<BrokenGlass | undefined>;
  /** Records it and has the proposal applied, if it is open, not expired and of this digest. */
  record(glass: Omit<BrokenGlass, 'review'>): Promise<DecisionResult>;
  /** Those whose review is open, oldest first. */
  unreviewed(): Promise<readonly BrokenGlass[]>;
  /** Closes the review; undefined when none is open. */
  close(id: ProposalId, review: GlassReview, surface: Surface): Promise<BrokenGlass | undefined>;
}
