import { isObject, type JsonObject, objectsOf, textOf, textsOf } from '../json.ts';
import { elementsOf } from './elements-of.ts';
import { optionsOf } from './options-of.ts';

/**
 * What a person put into an element, as the page sends it: the text of an input or a date, the `value` of a chosen
 * option, or the `value`s of several; null or an empty list for nothing.
 */
export type Entry = string | readonly string[] | null;

/** Where the state of an element stands, and where the block says what it starts with. */
const TEXTS: Readonly<Record<string, { readonly state: string; readonly initial: string }>> = {
  plain_text_input: { state: 'value', initial: 'initial_value' },
  number_input: { state: 'value', initial: 'initial_value' },
  email_text_input: { state: 'value', initial: 'initial_value' },
  url_text_input: { state: 'value', initial: 'initial_value' },
  datepicker: { state: 'selected_date', initial: 'initial_date' },
  timepicker: { state: 'selected_time', initial: 'initial_time' },
  users_select: { state: 'selected_user', initial: 'initial_user' },
  channels_select: { state: 'selected_channel', initial: 'initial_channel' },
  conversations_select: { state: 'selected_conversation', initial: 'initial_conversation' },
};

const LISTS: Readonly<Record<string, { readonly state: string; readonly initial: string }>> = {
  multi_users_select: { state: 'selected_users', initial: 'initial_users' },
  multi_channels_select: { state: 'selected_channels', initial: 'initial_channels' },
  multi_conversations_select: { state: 'selected_conversations', initial: 'initial_conversations' },
};

/** An element's state in the form of Slack's `state.values`, from what the person put in. */
export function stateOf(element: JsonObject, entry: Entry): JsonObject {
  const type = textOf(element['type']) ?? '';
  const single = typeof entry === 'string' && entry !== '' ? entry : null;
  const text = TEXTS[type];
  if (text !== undefined) return { type, [text.state]: single };
  const several = LISTS[type];
  if (several !== undefined) return { type, [several.state]: listOf(entry) };
  if (type === 'static_select' || type === 'radio_buttons') {
    return { type, selected_option: optionsOf(element).find((option) => option['value'] === single) ?? null };
  }
  const chosen = new Set(listOf(entry));
  return { type, selected_options: optionsOf(element).filter((option) => chosen.has(String(option['value']))) };
}

function listOf(entry: Entry): readonly string[] {
  return typeof entry === 'string' ? [entry] : (entry ?? []);
}

/** The entry that an element starts with; `here` is the conversation that some selects start with. */
function initialEntry(element: JsonObject, here: string | undefined): Entry {
  const type = textOf(element['type']) ?? '';
  const text = TEXTS[type];
  if (text !== undefined) {
    const given = textOf(element[text.initial]);
    return given ?? (element['default_to_current_conversation'] === true ? (here ?? null) : null);
  }
  const several = LISTS[type];
  if (several !== undefined) return textsOf(element[several.initial]);
  const initial = element['initial_option'];
  if (isObject(initial)) return textOf(initial['value']) ?? null;
  return objectsOf(element['initial_options']).map((option) => String(option['value']));
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

/** A view as it was: what people had entered, and where they were when it opened. */
interface Before {
  readonly values: JsonObject;
  readonly openedIn: string | undefined;
}

/** `state.values` of all inputs in these blocks: what was entered, what was there before, or what each starts with. */
export function stateValues(
  blocks: readonly JsonObject[],
  entries: Entries,
  { values: before, openedIn }: Before = { values: {}, openedIn: undefined },
): JsonObject {
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
        return [actionId, state ?? stateOf(element, initialEntry(element, openedIn))];
      }),
    );
  }
  return values;
}
