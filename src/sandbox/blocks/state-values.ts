import { isObject, type JsonObject, objectsOf, textOf, textsOf } from '../json.ts';
import { elementsOf } from './elements-of.ts';

/**
 * What a person put into an element, as the page sends it: the text of an input or a date, the `value` of a chosen
 * option, or the `value`s of several; null or an empty list for nothing.
 */
export type Entry = string | readonly string[] | null;

/** An element's state in the form of Slack's `state.values`, from what the person put in. */
export function stateOf(element: JsonObject, entry: Entry): JsonObject {
  const type = textOf(element['type']) ?? '';
  const single = typeof entry === 'string' && entry !== '' ? entry : null;
  if (type === 'plain_text_input' || type === 'number_input') return { type, value: single };
  if (type === 'datepicker') return { type, selected_date: single };
  if (type === 'static_select' || type === 'radio_buttons') {
    return { type, selected_option: optionsOf(element).find((option) => option['value'] === single) ?? null };
  }
  const chosen = new Set(typeof entry === 'string' ? [entry] : entry);
  return { type, selected_options: optionsOf(element).filter((option) => chosen.has(String(option['value']))) };
}

/** The entry that an element starts with. */
function initialEntry(element: JsonObject): Entry {
  const initial = element['initial_option'];
  if (isObject(initial)) return textOf(initial['value']) ?? null;
  if (Array.isArray(element['initial_options'])) {
    return objectsOf(element['initial_options']).map((option) => String(option['value']));
  }
  return textOf(element['initial_value']) ?? textOf(element['initial_date']) ?? null;
}

/** The options of a select, in all its groups. */
export function optionsOf(element: JsonObject): readonly JsonObject[] {
  const grouped = objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options']));
  return [...objectsOf(element['options']), ...grouped];
}

/** Entries by block_id and action_id. */
export type Entries = Readonly<Record<string, Readonly<Record<string, Entry>>>>;

/** Entries from untrusted JSON; what is not an entry is left out. */
export function parseEntries(value: unknown): Entries {
  if (!isObject(value)) return {};
  const blocks = Object.entries(value).map(([blockId, actions]) => {
    const entries = Object.entries(isObject(actions) ? actions : {}).map(
      ([actionId, entry]) => [actionId, parseEntry(entry)] as const,
    );
    return [blockId, Object.fromEntries(entries)] as const;
  });
  return Object.fromEntries(blocks);
}

/** One entry from untrusted JSON. */
export function parseEntry(value: unknown): Entry {
  return Array.isArray(value) ? textsOf(value) : (textOf(value) ?? null);
}

const STATELESS = new Set(['button', 'overflow', 'image']);

/** `state.values` of all inputs in these blocks: what was entered, what was there before, or what each starts with. */
export function stateValues(blocks: readonly JsonObject[], entries: Entries, before: JsonObject = {}): JsonObject {
  const values: Record<string, JsonObject> = {};
  for (const block of blocks) {
    const blockId = textOf(block['block_id']) ?? '';
    const kept = isObject(before[blockId]) ? before[blockId] : {};
    const inputs = elementsOf(block).filter((element) => !STATELESS.has(String(element['type'])));
    if (inputs.length === 0) continue;
    values[blockId] = Object.fromEntries(
      inputs.map((element) => {
        const actionId = textOf(element['action_id']) ?? '';
        const entry = entries[blockId]?.[actionId];
        const state = entry === undefined ? kept[actionId] : stateOf(element, entry);
        return [actionId, state ?? stateOf(element, initialEntry(element))];
      }),
    );
  }
  return values;
}
