import { isObject, type JsonObject, object } from './json.ts';
import type { Entry } from './model.ts';

/** What Slack's `state.values` says an input holds; undefined when it says nothing about it. */
export function entryFromState(values: JsonObject, blockId: string, actionId: string): Entry | undefined {
  const state = object(values[blockId])[actionId];
  if (!isObject(state)) return undefined;
  const { type: _, ...holds } = state;
  const [held] = Object.values(holds);
  if (Array.isArray(held)) return held.map(entryOf);
  return held === null || held === undefined ? undefined : entryOf(held);
}

/** An option is held whole, everything else as text. */
function entryOf(held: unknown): string {
  return String(isObject(held) ? held['value'] : held);
}
