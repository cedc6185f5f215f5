import type { Verdict } from './remedy.ts';

/** One thing that has to be so after a change, and the sentence that says whether it is. */
export interface Check {
  readonly holds: boolean;
  /** It does not hold because errors appeared after the change: whatever else holds, the change has to be taken back. */
  readonly harm?: boolean;
  readonly statement: string;
}

/** Harmful when a check found harm; proven when there are checks and all of them hold. */
export function verdictOf(checks: readonly Check[]): Verdict {
  return { outcome: outcomeOf(checks), statements: checks.map(({ statement }) => statement) };
}

function outcomeOf(checks: readonly Check[]): Verdict['outcome'] {
  if (checks.some(({ harm }) => harm === true)) return 'harmful';
  return checks.length > 0 && checks.every(({ holds }) => holds) ? 'proven' : 'not_proven';
}
