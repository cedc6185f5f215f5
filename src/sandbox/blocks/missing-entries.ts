import { isObject, type JsonObject, numberOf, textOf } from '../json.ts';
import { elementsOf } from './elements-of.ts';

/** What Slack's client says about inputs before it sends a modal: by block_id, empty when all is well. */
export function missingEntries(blocks: readonly JsonObject[], values: JsonObject): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {};
  for (const block of blocks) {
    if (block['type'] !== 'input') continue;
    const blockId = textOf(block['block_id']) ?? '';
    const element = elementsOf(block)[0] ?? {};
    const states = values[blockId];
    const state = isObject(states) ? states[textOf(element['action_id']) ?? ''] : undefined;
    const error = complaint(element, isObject(state) ? state : {}, block['optional'] === true);
    if (error !== undefined) errors[blockId] = error;
  }
  return errors;
}

function complaint(element: JsonObject, state: JsonObject, mayBeEmpty: boolean): string | undefined {
  const text = textOf(state['value']);
  const { type: _, ...holds } = state;
  const [held] = Object.values(holds);
  const empty = held === undefined || held === null || (Array.isArray(held) && held.length === 0);
  if (empty) return mayBeEmpty ? undefined : 'Please complete this required field.';
  if (text === undefined) return undefined;
  return element['type'] === 'number_input' ? numberComplaint(element, text) : lengthComplaint(element, text);
}

function lengthComplaint(element: JsonObject, text: string): string | undefined {
  const min = numberOf(element['min_length']) ?? 0;
  const max = numberOf(element['max_length']) ?? 3000;
  if (text.length < min) return `Must be at least ${min} characters.`;
  return text.length > max ? `Must be at most ${max} characters.` : undefined;
}

function numberComplaint(element: JsonObject, text: string): string | undefined {
  const value = Number(text);
  if (Number.isNaN(value)) return 'Must be a number.';
  if (element['is_decimal_allowed'] !== true && !Number.isInteger(value)) return 'Must be a whole number.';
  const min = Number(element['min_value'] ?? Number.NEGATIVE_INFINITY);
  const max = Number(element['max_value'] ?? Number.POSITIVE_INFINITY);
  if (value < min) return `Must be at least ${min}.`;
  return value > max ? `Must be at most ${max}.` : undefined;
}
