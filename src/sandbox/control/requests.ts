import { ActRefused } from '../acts/act.ts';
import type { Interaction } from '../acts/interact.ts';
import { type Entry, parseEntries, parseEntry } from '../blocks/state-values.ts';
import type { Chaos } from '../chance.ts';
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
  const { selected_option: one, selected_options: several, value } = body;
  if (Array.isArray(several)) return parseEntry(several.map(optionValue));
  const chosen = CHOSEN.map((name) => body[name]).find((entry) => entry !== undefined);
  return parseEntry(value ?? optionValue(one) ?? chosen);
}

const CHOSEN = ['user', 'channel', 'conversation']
  .flatMap((what) => [`selected_${what}`, `selected_${what}s`])
  .concat('selected_date', 'selected_time');

/** An option may be given whole or by its value. */
function optionValue(option: unknown): unknown {
  return isObject(option) ? option['value'] : option;
}

const NUMBERS = [
  'delayMs',
  'dropDeliveries',
  'dropAcks',
  'duplicates',
  'rateLimits',
  'retryAfterS',
  'serverErrors',
  'dropAnswers',
] as const;

/** The faults that a request sets; others stay. */
export function parseFaults(body: JsonObject): Partial<FaultState> {
  const set: Partial<Record<(typeof NUMBERS)[number], number>> = {};
  for (const name of NUMBERS) {
    const value = numberOf(body[name]);
    if (value !== undefined && value >= 0) set[name] = value;
  }
  const { errorStatus, errorsCarriedOut, chaos } = body;
  return {
    ...set,
    ...((errorStatus === 500 || errorStatus === 503) && { errorStatus }),
    ...(typeof errorsCarriedOut === 'boolean' && { errorsCarriedOut }),
    ...(chaos !== undefined && { chaos: isObject(chaos) ? parseChaos(chaos) : null }),
  };
}

/** Random trouble with what was left out filled in: one in ten, and at most 5 s late. */
function parseChaos(chaos: JsonObject): Chaos {
  return {
    seed: numberOf(chaos['seed']) ?? 1,
    chance: Math.min(1, Math.max(0, numberOf(chaos['chance']) ?? 0.1)),
    maxDelayMs: Math.max(0, numberOf(chaos['maxDelayMs']) ?? 5000),
  };
}

const REASONS: readonly DisconnectReason[] = ['warning', 'refresh_requested', 'too_many_websockets', 'link_disabled'];

/** A disconnect that somebody asked for: `warning` to one socket unless it says more; `cut` breaks without a word. */
export function parseDisconnect(body: JsonObject): { reason: DisconnectReason | 'cut'; which: 'one' | 'all' } {
  const which = body['which'] === 'all' ? 'all' : 'one';
  if (body['reason'] === 'cut') return { reason: 'cut', which };
  return { reason: REASONS.find((known) => known === body['reason']) ?? 'warning', which };
}
