import { plainText, shorten } from '../../base/plain-text.ts';
import type { Redact } from '../../base/redact.ts';
import type { Check, CheckId, CheckState } from './model.ts';

/** What may be said beside the sentence. */
type More = Partial<Pick<Check, 'detail' | 'todo' | 'items'>>;

/** A check that was made. */
export function check(id: CheckId, state: CheckState, saw: string, more: More = {}): Check {
  return { id, state, saw, detail: null, todo: null, items: [], ...more };
}

/** A check that was not made, because an earlier one failed. */
export function notReached(id: CheckId): Check {
  return check(id, 'not_reached', 'Not looked at.');
}

const LONGEST = 600;

/** What came from a host as one harmless line. */
export function harmless(text: string, redact: Redact): string {
  return shorten(plainText(redact(text)).replace(/\s+/g, ' ').trim(), LONGEST);
}
