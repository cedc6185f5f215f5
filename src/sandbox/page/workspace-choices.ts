import { isObject, type JsonObject, object, text } from './json.ts';
import type { Place, World } from './model.ts';
import { isDirect, placesOf, placeTitle } from './places.ts';

type Choice = readonly [id: string, label: string];

/**
 * A select whose choices are people, channels or conversations, as a select with options; any other element as it is.
 * What it offers is what the member who looks may see.
 */
export function withWorkspaceOptions(element: JsonObject, world: World, me: string): JsonObject {
  const what = /^(?:multi_)?(users|channels|conversations)_select$/.exec(text(element['type']))?.[1];
  if (what === undefined) return element;
  const choices = choicesOf(what, element, world, me);
  const options = choices.map(([id, label]) => ({ text: { type: 'plain_text', text: label }, value: id }));
  const wanted = initialIds(element, what);
  return { ...element, options, initial_options: options.filter(({ value }) => wanted.includes(value)) };
}

function choicesOf(what: string, element: JsonObject, world: World, me: string): readonly Choice[] {
  if (what === 'users') {
    const active = [...world.members, world.bot].filter(({ kind }) => kind !== 'deactivated');
    return active.map(({ id, name, realName }) => [id, name === realName ? name : `${name} (${realName})`]);
  }
  const places = placesOf(world, me).filter(({ isArchived }) => isArchived !== true);
  const kept = what === 'channels' ? places.filter(isPublic) : places.filter((place) => passes(place, element));
  return kept.map((place) => [place.id, `${isDirect(place) ? '' : '# '}${placeTitle(place, world, me)}`]);
}

/** The `filter` of a conversations_select (docs.slack.dev/reference/block-kit/composition-objects). */
function passes(place: Place, element: JsonObject): boolean {
  const filter = object(element['filter']);
  const kinds = filter['include'];
  const kind = isDirect(place) ? 'im' : place.isPrivate === true ? 'private' : 'public';
  if (Array.isArray(kinds) && !kinds.includes(kind)) return false;
  if (filter['exclude_bot_users'] === true && place.directWith !== undefined) return false;
  return !(filter['exclude_external_shared_channels'] === true && place.isExtShared === true);
}

function isPublic(place: Place): boolean {
  return !isDirect(place) && place.isPrivate !== true;
}

function initialIds(element: JsonObject, what: string): readonly string[] {
  const several = element[`initial_${what}`];
  const one = element[`initial_${what.slice(0, -1)}`];
  return Array.isArray(several) ? several.map(String) : isObject(one) ? [] : [text(one)];
}
