import { isObject, type JsonObject, object, objects, text } from './json.ts';
import type { Entry } from './model.ts';

/** What Slack's `state.values` says an input holds; undefined when it says nothing about it. */
export function entryFromState(values: JsonObject, blockId: string, actionId: string): Entry | undefined {
  const state = object(values[blockId])[actionId];
  if (!isObject(state)) return undefined;
  if (Array.isArray(state['selected_options']))
    return objects(state['selected_options']).map((option) => text(option['value']));
  if (isObject(state['selected_option'])) return text(state['selected_option']['value']);
  return text(state['value']) || text(state['selected_date']) || undefined;
}
