import { type JsonObject, objectsOf } from '../json.ts';

/** The options of a choice, in all its groups. */
export function optionsOf(element: JsonObject): readonly JsonObject[] {
  const grouped = objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options']));
  return [...objectsOf(element['options']), ...grouped];
}
