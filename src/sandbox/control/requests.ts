import { ActRefused } from '../acts/act.ts';
import type { Interaction } from '../acts/interact.ts';
import { type Entry, parseEntries, parseEntry } from '../blocks/state-values.ts';
import type { FaultState } from '../faults.ts';
import { isObject, type JsonObject, numberOf, textOf } from '../json.ts';
import type { DisconnectReason } from '../socket-mode/connections.ts';

/** A text that must be there. Throws `ActRefused`. */
export function requiredText(body: JsonObject, name: string): string {
  const value = textOf(body[name]);
  if (value === undefined) throw new ActRefused(`missing_${name}`);
  return value;
}

/** Who used which element, and what they chose, in the names of Slack's own actions. */
export function parseInteraction(body: JsonObject): Interaction {
  return {
    user: requiredText(body, 'user'),
    actionId: requiredText(body, 'action_id'),
    blockId: textOf(body['block_id']),
    entry: parseChoice(body),
    entries: parseEntries(body['state']),
  };
}

function parseChoice(body: JsonObject): Entry {
  const { selected_option: one, selected_options: many, selected_date: date, value } = body;
  if (Array.isArray(many)) return parseEntry(many.map(optionValue));
  return parseEntry(value ?? optionValue(one) ?? date);
}

/** An option may be given whole or by its value. */
function optionValue(option: unknown): unknown {
  return isObject(option) ? option['value'] : option;
}

const NUMBERS = ['delayMs', 'dropAcks', 'duplicates', 'rateLimits', 'retryAfterS', 'dropAnswers'] as const;

/** The faults that a request sets; others stay. */
export function parseFaults(body: JsonObject): Partial<FaultState> {
  const set: Partial<Record<(typeof NUMBERS)[number], number>> = {};
  for (const name of NUMBERS) {
    const value = numberOf(body[name]);
    if (value !== undefined && value >= 0) set[name] = value;
  }
  return set;
}

const REASONS: readonly DisconnectReason[] = ['warning', 'refresh_requested', 'too_many_websockets', 'link_disabled'];

/** A disconnect that somebody asked for; `warning` to one socket unless it says more. */
export function parseDisconnect(body: JsonObject): { reason: DisconnectReason; which: 'one' | 'all' } {
  const reason = REASONS.find((known) => known === body['reason']) ?? 'warning';
  return { reason, which: body['which'] === 'all' ? 'all' : 'one' };
}
