import type { ReceiptReport } from './change.ts';
import type { AttemptState } from './state.ts';

/** Why a change was to be taken back from a host, by the state that it was in. */
const WHY: Partial<Record<AttemptState, string>> = {
  harmful: 'Errors appeared after it',
  missed: 'It was not proven',
};

/** "Errors appeared after it, so it was put back.", or what stood in the way of it. */
export function takenBackSentence(state: AttemptState, report: ReceiptReport, detail: string): string {
  const why = WHY[state];
  if (why === undefined) return detail;
  if (report === 'done') return `${why}, so it was put back.`;
  return `${why}, so it was to be put back. ${detail}`;
}

/** "errors appeared after it": why a change was taken back, by the sentence that was stored; undefined when it does not say. */
export function takenBackReason(stored: string | null): string | undefined {
  const why = Object.values(WHY).find((words) => stored === `${words}, so it was put back.`);
  return why && `${why.charAt(0).toLowerCase()}${why.slice(1)}`;
}
