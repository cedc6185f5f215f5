/**
 * What one look at the surroundings found: as it should be; missing, so that something does not work; absent, which only
 * takes something away; or not to be found out from here.
 */
export type CheckState = 'ok' | 'missing' | 'absent' | 'unknown';

/** One thing that was looked at. */
export interface CheckItem {
  /** What was looked at, such as `bot token`. */
  readonly what: string;
  readonly state: CheckState;
  /** What was found; safe to show. */
  readonly words: string;
  /** What to do about it; a full sentence. */
  readonly hint?: string;
}
