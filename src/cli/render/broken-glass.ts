import { plainText } from '../../base/plain-text.ts';
import type { BrokenGlass } from '../../engine/broken-glass.ts';
import { localTime } from './human.ts';

/** Broken glass as lines for a terminal: who, when, why, and its review or how to close it. */
export function renderBrokenGlass({ proposal, person, reason, at, review }: BrokenGlass): string[] {
  const end = review
    ? `  Reviewed by ${review.person} at ${localTime(review.at)}: ${review.note}`
    : `  To close the review: countersign review ${proposal} NOTE`;
  return [`${localTime(at)}  ${proposal}  glass broken by ${person}: ${reason}`, end].map(plainText);
}
